"""A STAC API on loopback, made of items: pages, a token, and failures on demand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 10
CORE = "https://api.stacspec.org/v1.0.0/core"
SEARCH = "https://api.stacspec.org/v1.0.0/item-search"


class StacApi(ThreadingHTTPServer):
    """Answers `/`, `/conformance`, `/collections` and `/search`; serves files of `folder` as they
    are below `/files/`.

    Attributes:
        items: what a search finds, as GeoJSON.
        folder: a folder with files.
        token: where set, requests need it as their bearer token.
        failures: so many searches are answered with 503 first.
        seen: the path and the Authorization header of every request.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.items: list[dict[str, Any]] = []
        self.token: str | None = None
        self.failures = 0
        self.seen: list[tuple[str, str | None]] = []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, query: dict[str, Any]) -> dict[str, Any] | None:
        """The JSON at a path; None where there is nothing."""
        top = {"rel": "root", "href": f"{self.address}/", "type": "application/json"}
        if path == "/":
            links = [top] + [
                {"rel": rel, "href": f"{self.address}/{where}", "type": "application/json"}
                for rel, where in [("data", "collections"), ("conformance", "conformance")]
            ]
            search = {"rel": "search", "href": f"{self.address}/search"}
            links += [search | {"type": "application/geo+json", "method": "GET"}]
            links += [search | {"type": "application/geo+json", "method": "POST"}]
            return {
                "type": "Catalog",
                "stac_version": "1.0.0",
                "id": "api",
                "description": "an API",
                "conformsTo": [CORE, SEARCH],
                "links": links,
            }
        if path == "/conformance":
            return {"conformsTo": [CORE, SEARCH]}
        if path == "/collections":
            ids = sorted({item["collection"] for item in self.items})
            return {"collections": [{"type": "Collection", "id": id} for id in ids], "links": [top]}
        return self._search(query) if path == "/search" else None

    def _search(self, query: dict[str, Any]) -> dict[str, Any]:
        wanted = query.get("collections")
        found = [item for item in self.items if not wanted or item["collection"] in wanted]
        start = int(query.get("start", 0))
        links = []
        if start + PAGE < len(found):
            body = query | {"start": start + PAGE}
            href = f"{self.address}/search"
            links = [{"rel": "next", "href": href, "method": "POST", "body": body}]
        page = found[start : start + PAGE]
        return {"type": "FeatureCollection", "features": page, "links": links}


class Handler(BaseHTTPRequestHandler):
    server: StacApi

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        flat = {name: ",".join(values).split(",") for name, values in query.items()}
        self._serve({name: v if name == "collections" else v[0] for name, v in flat.items()})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, query: dict[str, Any]) -> None:
        api, path = self.server, urlsplit(self.path).path
        authorization = self.headers.get("Authorization")
        api.seen.append((path, authorization))
        if api.token is not None and authorization != f"Bearer {api.token}":
            return self._send(401 if authorization is None else 403, b"no")
        if path == "/search" and api.failures > 0:
            api.failures -= 1
            return self._send(503, b"busy")
        file = api.folder / path.removeprefix("/files/")
        if path.startswith("/files/") and file.is_file():
            return self._send(200, file.read_bytes())
        answer = api.answer(path, query)
        if answer is None:
            return self._send(404, b"nothing")
        return self._send(200, json.dumps(answer).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[StacApi]:
    """A server that runs inside of the block."""
    with StacApi(folder) as api:
        Thread(target=api.serve_forever, daemon=True).start()
        yield api
        api.shutdown()
