"""A server that answers as the Hugging Face Hub does, for one data set at two commits.

https://huggingface.co/docs/hub/api: what a revision is, a tree of files, the files in ranges.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

NAME = "owner/digits"
OLD, NEW = "0" * 40, "1" * 40


@dataclass
class Hub:
    """What the server has, and what it was asked for.

    Attributes:
        address: of the server.
        commits: the files of each commit, by their paths.
        revisions: the commit of each branch and tag.
        asked: the paths of all requests.
    """

    address: str = ""
    commits: dict[str, dict[str, bytes]] = field(default_factory=lambda: {OLD: {}, NEW: {}})
    revisions: dict[str, str] = field(
        default_factory=lambda: {"main": NEW, "v1.0": OLD, "refs/pr/1": OLD}
    )
    asked: list[str] = field(default_factory=list)

    def commit(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.revisions.get(revision)

    def tree(self, commit: str, folder: str) -> list[dict[str, Any]] | None:
        """The files and folders below a folder; None where there is no such folder."""
        prefix = f"{folder}/" if folder else ""
        files = {p: d for p, d in self.commits[commit].items() if p.startswith(prefix)}
        folders = {path[:cut] for path in files for cut, c in enumerate(path) if c == "/"}
        entries: list[dict[str, Any]] = [
            {"type": "directory", "oid": "a" * 40, "size": 0, "path": path}
            for path in sorted(folders)
            if path.startswith(prefix)
        ]
        entries += [
            {"type": "file", "oid": "b" * 40, "size": len(data), "path": path}
            for path, data in sorted(files.items())
        ]
        return entries or None


@contextmanager
def serving() -> Iterator[Hub]:
    """Run a server, on this machine, for the block."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = urlsplit(self.path).path  # the slashes of a revision are quoted
            hub.asked.append(path)
            if (rest := path.removeprefix(f"/api/datasets/{NAME}/")) != path:
                self.answer_about(*map(unquote, rest.split("/", 2)))
            elif (rest := path.removeprefix(f"/datasets/{NAME}/resolve/")) != path:
                revision, _, name = rest.partition("/")
                data = hub.commits[revision].get(unquote(name))
                if data is None:
                    self.fail("EntryNotFound")
                else:
                    self.answer(data)
            else:
                self.fail("RepoNotFound")

        def answer_about(self, what: str, revision: str, folder: str = "") -> None:
            commit = hub.commit(revision)
            if commit is None:
                self.fail("RevisionNotFound")
            elif what == "revision":
                self.answer(json.dumps({"id": NAME, "sha": commit}).encode())
            elif (tree := hub.tree(commit, folder)) is None:
                self.fail("EntryNotFound")
            else:
                self.answer(json.dumps(tree).encode())

        def answer(self, data: bytes) -> None:
            span = self.headers.get("Range", "").removeprefix("bytes=")
            start, _, end = span.partition("-")
            part = data[int(start or 0) : int(end) + 1 if end else None]
            self.send_response(206 if span else 200)
            if span:
                last = int(start or 0) + len(part) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(data)}")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(part)

        def fail(self, code: str) -> None:
            self.send_response(404)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield hub
        server.shutdown()
