"""A new bundle is swapped in under load; a broken one is refused."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import httpx
import pytest
from tests.serve.conftest import Serving

import lookalike as la

Rebuild = Callable[[], None]


@pytest.fixture
def index(tiny_index: Path, tmp_path: Path) -> Path:
    """A copy of the tiny index that may be replaced."""
    return Path(shutil.copytree(tiny_index, tmp_path / "index"))


@pytest.fixture
def rebuild(index: Path) -> Rebuild:
    """Replace the index by one of another engine, as the index stage does."""

    def build() -> None:
        opened = la.open_index(index)
        vectors, model = opened.vectors.values.copy(), opened.description.model_sha256
        la.build_index(vectors, opened.metadata, index, la.Exact(), model)

    return build


@contextmanager
def load(client: httpx.Client, image: bytes) -> Iterator[list[int]]:
    """Search in four threads while a block runs; the statuses of all answers."""
    statuses: list[int] = []
    done = Event()

    def search() -> None:
        while not done.is_set():
            statuses.append(client.post("/predict", files={"file": image}).status_code)

    with ThreadPoolExecutor(4) as pool:
        searches = [pool.submit(search) for _ in range(4)]
        try:
            yield statuses
        finally:
            done.set()
        for each in searches:
            each.result()


def until(true: Callable[[], bool]) -> None:
    deadline = monotonic() + 30
    while not true() and monotonic() < deadline:
        sleep(0.05)
    assert true()


def engine(client: httpx.Client) -> str:
    name: str = client.get("/version").json()["engine"]
    return name


def test_a_new_bundle_is_served_and_no_request_fails(
    serving: Serving, index: Path, rebuild: Rebuild, digit: bytes
) -> None:
    with serving(index=index) as client, load(client, digit) as statuses:
        assert engine(client) == "annoy"
        rebuild()
        for _ in range(3):
            assert client.post("/reload").status_code == 200
        assert engine(client) == "exact"
        until(lambda: len(statuses) > 20)
    assert set(statuses) == {200}


def test_a_broken_bundle_is_refused_and_the_old_one_serves_on(
    serving: Serving, index: Path, digit: bytes
) -> None:
    with serving(index=index) as client:
        before = client.post("/predict", files={"file": digit}).json()
        metadata = (index / "metadata.arrow").read_bytes()
        (index / "metadata.arrow").unlink()
        (index / "metadata.arrow").write_bytes(metadata[:-100])
        answer = client.post("/reload")
        assert answer.status_code == 409
        assert "metadata.arrow" in answer.json()["error"]["message"]
        assert client.get("/readyz").status_code == 200
        assert client.post("/predict", files={"file": digit}).json() == before


def test_a_bundle_that_is_gone_is_refused_and_the_old_one_serves_on(
    serving: Serving, index: Path, digit: bytes
) -> None:
    with serving(index=index) as client:
        shutil.rmtree(index)
        assert client.post("/reload").status_code == 409
        assert client.post("/predict", files={"file": digit}).status_code == 200
        assert client.get("/projection").status_code == 200


def test_watched_folders_are_reloaded_when_they_change(
    serving: Serving, index: Path, rebuild: Rebuild
) -> None:
    with serving(index=index, watch_seconds=0.05) as client:
        rebuild()
        until(lambda: engine(client) == "exact")


def test_a_watched_bundle_that_is_broken_is_refused_until_it_is_whole(
    serving: Serving, index: Path, rebuild: Rebuild
) -> None:
    with serving(index=index, watch_seconds=0.05) as client:
        refused = 'lookalike_reloads_total{outcome="refused"}'
        before = client.get("/metrics").text.count(refused)
        description = (index / "index.json").read_text()
        (index / "index.json").write_text("{")
        until(lambda: client.get("/metrics").text.count(refused) >= max(before, 1))
        assert engine(client) == "annoy"
        (index / "index.json").write_text(description)
        rebuild()
        until(lambda: engine(client) == "exact")
