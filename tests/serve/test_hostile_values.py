"""Values that are valid HTTP and mean no good: none fails inside, or makes two lines of a log."""

import json
import logging
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pyarrow as pa
import pytest
from tests.serve.conftest import Serving
from tests.terminal.test_printable import commands

from lookalike.images.store import ImageStore
from lookalike.index.building import build_index
from lookalike.index.engines.annoy import Annoy
from lookalike.index.metadata import joined_metadata
from lookalike.inference.embeddings import open_embeddings
from lookalike.serve.logs import FIELDS, JsonFormatter

DEEP = "[" * 100_000
KINDS = {400, 404, 405, 413, 415, 422}


@pytest.fixture(autouse=True)
def _the_next_request_is_answered(client: httpx.Client, digit: bytes) -> Iterator[None]:
    yield
    assert client.post("/predict", files={"file": digit}).status_code == 200


@pytest.mark.parametrize(
    "where",
    [
        "path LIKE '" + "%a" * 100_000 + "'",
        "path LIKE '" + "_" * 100_000 + "'",
        "path LIKE '" + "(a+)+$" * 20_000 + "'",
        "width = " + "9" * 5_000,
        "width = 1" + "0" * 400 + ".5",
        "width IN (" + ",".join(["1" * 30] * 1000) + ")",
        "label IN (" + ",".join(["'a'"] * 100_000) + ")",
        "NOT " * 5_000 + "width = 1",
        "(" * 5_000 + "width = 1" + ")" * 5_000,
        '"__class__" = 1',
        "width = 1; DROP TABLE images",
        "label = '\x00'",
    ],
    ids=lambda where: where[:24],
)
def test_any_condition_is_applied_or_refused(
    client: httpx.Client, digit: bytes, where: str
) -> None:
    answer = client.post("/predict", files={"file": digit}, data={"where": where}, timeout=20)
    assert answer.status_code in {200, 422}, answer.text[:300]
    assert len(answer.text) < 100_000


@pytest.mark.parametrize(
    "k", ["1e9", "0x10", "1_000", "\uff19", "1" * 5000, "-0", "NaN", "1\x00", "+1"]
)
def test_a_number_that_is_written_strangely_is_read_or_refused(
    client: httpx.Client, digit: bytes, k: str
) -> None:
    answer = client.post("/predict", files={"file": digit}, data={"k": k})
    assert answer.status_code in {200, 422}, answer.text[:300]


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        '{"model": ' + DEEP,
        '{"input": ' + '{"a":' * 50_000,
        '{"inputs": [{"name": "a", "shape": ['
        + "9" * 5_000
        + '], "datatype": "BYTES", "data": []}]}',
        '{"inputs": [{"name": "a", "shape": [-1], "datatype": "BYTES", "data": ["\\ud800"]}]}',
        '{"inputs": NaN, "input": Infinity}',
        '{"input": "\\ud800", "model": "\\udfff"}',
        '{"input": ["a"], "input": ["b"], "model": "x", "model": "y"}',
        '{"__proto__": {"a": 1}, "constructor": 1, "input": 1}',
        '{"input": 1e999}',
        "\ufeff{}",
        "\x00",
        "null",
        "",
    ],
    ids=lambda body: body[:30],
)
@pytest.mark.parametrize(
    "path", ["/v1/embeddings", "/v2/models/lookalike/infer", "/corrections", "/predict"]
)
def test_any_json_is_refused(client: httpx.Client, path: str, body: str) -> None:
    answer = client.post(
        path,
        content=body.encode("utf-8", "surrogatepass"),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in KINDS | {403}, (answer.status_code, answer.text[:300])
    assert len(answer.text) < 10_000
    answer.content.decode("utf-8")


@pytest.mark.parametrize(
    "id",
    [
        "%00",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "%ff%fe",
        "%0d%0aSet-Cookie:%20a=b",
        "%22",
        "%e2%80%ae",
        "a" * 10_000,
        "%c0%af",
        "..;",
        "%ed%a0%80",
    ],
)
@pytest.mark.parametrize("part", ["", "/thumbnail", "/metadata"])
def test_an_id_that_is_none_is_not_found(client: httpx.Client, id: str, part: str) -> None:
    answer = client.get(f"/images/{id}{part}")
    assert answer.status_code == 404, answer.text[:300]
    assert "set-cookie" not in answer.headers
    assert commands(answer.json()["error"]["message"]) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-0,0-0," + ",".join(["0-"] * 5_000)},
        {"Range": "bytes=-" + "9" * 5_000},
        {"Range": "bytes=5-1"},
        {"If-None-Match": '"' * 50_000},
        {"If-None-Match": '"a\\", W/"*'},
        {"If-Range": '"x"', "Range": "bytes=0-1"},
        {"Accept": "text/html;q=" + "9" * 5_000},
        {"Accept-Encoding": "gzip;q=1e400, br;q=nan"},
        {
            "X-Forwarded-For": "a" * 5_000,
            "X-Forwarded-Proto": "javascript",
            "Forwarded": 'for="_x"',
        },
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_any_header_of_a_picture_is_answered(
    client: httpx.Client, digit: bytes, headers: dict[str, str]
) -> None:
    found = client.post("/predict", files={"file": digit}, data={"k": 1}).json()
    answer = client.get(f"/images/{found['hits'][0]['id']}", headers=headers)
    assert answer.status_code in {200, 206, 304, 416}, answer.text[:300]
    assert len(answer.content) < 100_000


def test_ids_that_an_index_made_up_become_no_header_of_their_own(
    serving: Serving,
    tiny_images: ImageStore,
    tiny_index: Path,
    tiny_embeddings: Path,
    tmp_path: Path,
) -> None:
    ids = ['a"\r\nSet-Cookie: a=b', "日本\u202e", "\x00", '"', "%22"]
    embeddings = open_embeddings(tiny_embeddings)
    metadata = joined_metadata(tiny_images.metadata, embeddings, [])
    others = metadata["id"].to_pylist()[len(ids) :]
    metadata = metadata.set_column(0, metadata.schema.field("id"), pa.array(ids + others))
    build_index(
        embeddings.vectors,
        metadata,
        tmp_path / "index",
        Annoy(trees=10, search_k=10_000),
        embeddings.model_sha256,
        lambda path: shutil.copyfile(tiny_index / "thumbnails.arrow", path),
    )
    with serving(index=tmp_path / "index") as client:
        for id in ids:
            address = f"/images/{quote(id, safe='')}/thumbnail"
            answer = client.get(address)
            assert answer.status_code == 200, id
            assert answer.headers["etag"].isascii()
            assert "set-cookie" not in answer.headers
            again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "a" * 10_000,
        'multipart/form-data; boundary="a\\"b"',
        "application/json; charset=utf-7",
        "application/x-www-form-urlencoded; charset=x",
        "a" * 10_000,
        "application/octet-stream; binary=1e9",
    ],
    ids=lambda kind: kind[:40],
)
def test_any_kind_of_body_is_read_or_refused(client: httpx.Client, kind: str) -> None:
    body = b'--a\r\nContent-Disposition: form-data; name="k"\r\n\r\n1\r\n--a--\r\n'
    for path in ("/predict", "/v2/models/lookalike/infer", "/v1/embeddings"):
        answer = client.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code in KINDS, (path, answer.text[:300])


@pytest.mark.parametrize("given", [b"a b", b"a\x1b[2J", b"a" * 65, b"\xff", b"{}", b"a,b", b""])
def test_an_id_of_a_request_that_is_not_plain_is_replaced(
    client: httpx.Client, given: bytes
) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Request-Id: "
            + given
            + b"\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    if answer.startswith(b"HTTP/1.1 400"):
        return
    (line,) = [line for line in answer.split(b"\r\n") if line.lower().startswith(b"x-request-id:")]
    assert line.split(b": ")[1] != given
    assert len(line.split(b": ")[1]) == 32


def test_a_log_line_is_one_line_whatever_was_asked_for() -> None:
    record = logging.LogRecord(
        "lookalike.serve", 20, "", 0, "%s failed", ("/a\n\x1b[2J\u202e\u2028",), None
    )
    setattr(record, FIELDS, {"path": "/\r\n{}", "method": "GET\n"})
    line = JsonFormatter().format(record)
    assert commands(line) == []
    assert json.loads(line)["path"] == "/\r\n{}"
