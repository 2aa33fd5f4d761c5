"""Secrets of addresses and of the environment, where a connection fails: in no message."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest
from urllib3 import Retry

from lookalike.core.errors import LookalikeError
from lookalike.ingest.archive import ArchiveSource
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.server import StacServer
from lookalike.pull.remote import Remote
from lookalike.search.download import Url, download

SECRETS = ("S3CRET-PROXY", "S3CRET-KEY", "S3CRET-TOKEN", "S3CRET-SIGNATURE")


def ask_for_an_archive(address: str) -> None:
    ArchiveSource(f"{address}/a.zip?X-Amz-Signature={SECRETS[3]}").candidates()


def ask_for_a_catalog(address: str) -> None:
    StacServer(f"{address}/?sig={SECRETS[3]}").is_api()


def ask_for_an_image(address: str) -> None:
    download(Url(f"{address}/a.jpg?token={SECRETS[3]}"), "the query", 1000)


def ask_a_remote(address: str) -> None:
    Remote("s3://bucket/prefix").listing("5d" * 16 + ".dir")


ASKING = (ask_for_an_archive, ask_for_a_catalog, ask_for_an_image, ask_a_remote)


@pytest.fixture
def no_tls() -> Iterator[str]:
    """A server that does not speak TLS, at an address that says it does."""

    def answer() -> None:
        with suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.1 400 no\r\n\r\n")

    with create_server(("127.0.0.1", 0)) as listener:
        Thread(target=answer, daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("fault", ["proxy", "TLS"])
@pytest.mark.parametrize("ask", ASKING)
def test_a_failed_connection_tells_no_secret(
    ask: Callable[[str], None],
    fault: str,
    no_tls: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lookalike.ingest.retrying.PATIENCE", 0.0)
    monkeypatch.setattr("lookalike.ingest.stac.server.RETRIES", Retry(0))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    if fault == "proxy":
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{SECRETS[0]}@127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", no_tls)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS[1])
    monkeypatch.setenv("STAC_API_TOKEN", SECRETS[2])
    with pytest.raises((LookalikeError, UnreadableError)) as caught:
        ask(no_tls)
    assert len(str(caught.value).splitlines()) == 1
    told = "".join(traceback.format_exception(caught.value))
    assert [secret for secret in SECRETS if secret in told] == []
