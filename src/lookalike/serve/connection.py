"""A connection before there is a request: how much of its head may come, and how long it may take.

Uvicorn bounds neither where httptools parses: a client that sends a header without end, or connects
and says nothing, would be kept forever.
"""

import asyncio
import socket
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 2**16  # of a request's line and headers


class BoundedConnection(HttpToolsProtocol):
    """Closes a connection that does not ask within the time for which an idle one is kept.

    So long it also waits for the rest of a body whose request is answered already.
    """

    _deadline: asyncio.TimerHandle | None = None
    _in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        # Else an answer's body waits 40 ms until the client acknowledges its head: asyncio sets it
        # only where a socket was made with its protocol number
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        began_earlier = self._in_head
        super().data_received(data)
        if began_earlier and self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._set_deadline()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._unset_deadline()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._unset_deadline()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._set_deadline()

    def _set_deadline(self) -> None:
        self._unset_deadline()
        self._deadline = self.loop.call_later(self.timeout_keep_alive, self._give_up)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self._in_head:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        if not self.transport.is_closing():
            line = f"HTTP/1.1 {status.value} {status.phrase}"
            head = f"{line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            self.transport.write(head.encode())
            self.transport.close()
