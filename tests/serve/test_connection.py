"""What a connection is like before anything is asked."""

import asyncio
import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from lookalike.serve.connection import BoundedConnection


async def sends_at_once(listener: socket.socket) -> bool:
    """Whether the server's end of a connection to this listener waits for nothing to send."""
    config = uvicorn.Config(FastAPI(), http=BoundedConnection, log_config=None)
    config.load()
    accepted = BoundedConnection(config, ServerState(), {})
    server = await asyncio.get_running_loop().create_server(lambda: accepted, sock=listener)
    async with server:
        _, writer = await asyncio.open_connection(*listener.getsockname())
        while accepted.transport is None:
            await asyncio.sleep(0)
        end = accepted.transport.get_extra_info("socket")
        writer.close()
        return bool(end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


def test_no_answer_waits_for_the_client_to_acknowledge_its_head() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert asyncio.run(sends_at_once(listener))
