"""Clients that cost next to nothing: one request, again and again, on connections kept open."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

DROPPED = 0  # instead of a status: the connection ended before the answer did


@dataclass
class Answers:
    """Of all clients: the number of answers by status, and the seconds that each 200 took."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def upload(image: bytes) -> bytes:
    """A search by an image, as bytes of HTTP."""
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    return post("/predict", "multipart/form-data; boundary=x", part + image + b"\r\n--x--\r\n")


def post(path: str, kind: str = "application/json", body: bytes = b"") -> bytes:
    """A request, as bytes of HTTP."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def ask(
    port: int, request: bytes, clients: int, times: Iterator[float], rate: float | None = None
) -> Answers:
    """Let clients on loopback ask until there is no next time.

    Args:
        port: of the service.
        request: what each of them asks.
        clients: how many there are.
        times: yields once for each request, over all clients.
        rate: requests a second of all clients together; None: each asks when it is answered.
    """
    answers = Answers()

    async def all_clients() -> None:
        pause = None if rate is None else clients / rate
        await asyncio.gather(
            *(_client(port, request, times, answers, pause) for _ in range(clients))
        )

    asyncio.run(all_clients())
    return answers


async def _client(
    port: int, request: bytes, times: Iterator[float], answers: Answers, pause: float | None
) -> None:
    connection = await asyncio.open_connection("127.0.0.1", port)
    for started in times:
        try:
            status = await _asked(*connection, request)
        except (OSError, EOFError):
            status = DROPPED
            connection = await asyncio.open_connection("127.0.0.1", port)
        answers.statuses[status] += 1
        took = perf_counter() - started
        if status == 200:
            answers.seconds.append(took)
        if pause is not None:
            await asyncio.sleep(max(0.0, pause - took))
    connection[1].close()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1])


def for_seconds(seconds: float) -> Iterator[float]:
    """The present time, until it is over."""
    end = perf_counter() + seconds
    while (now := perf_counter()) < end:
        yield now


def so_often(count: int) -> Iterator[float]:
    """The present time, as many times."""
    for _ in range(count):
        yield perf_counter()
