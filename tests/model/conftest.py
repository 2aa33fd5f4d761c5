"""A web server on this machine, and weights to serve."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from torch import Tensor

from lookalike.model.artifact import Model, load_model
from lookalike.model.backbones import build_classifier
from lookalike.model.compute import fix_compute


class _Handler(SimpleHTTPRequestHandler):
    """Serves files; `/fails` is an internal error, `/breaks` ends before it should."""

    def do_GET(self) -> None:
        if self.path.startswith("/fails"):
            self.send_error(500)
        elif self.path.startswith("/breaks"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"only this")
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Web:
    """A folder and the address under which it is served until `stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        handler = partial(_Handler, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


@pytest.fixture(autouse=True)
def _fixed_compute() -> None:
    """Every test starts from the same seed; on a busy machine several threads would be slow."""
    fix_compute(threads=1)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A web server over an empty folder."""
    (tmp_path / "web").mkdir()
    web = Web(tmp_path / "web")
    yield web
    web.stop()


@pytest.fixture(scope="session")
def classifier_weights() -> dict[str, Tensor]:
    """The state dictionary of a small torchvision classifier, `mobilenet_v3_small`."""
    torch.manual_seed(3)
    return build_classifier("mobilenet_v3_small").state_dict()


@pytest.fixture
def model(tiny_model: Path) -> Model:
    """The tiny model, opened."""
    return load_model(tiny_model)
