"""The command as a process: logs, signals, several workers, and where it refuses to listen."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import httpx
import psutil
import pytest

SOURCE = Path(__file__).parents[2] / "src"


class Service(NamedTuple):
    """A running `lookalike serve`; its standard error is in a file."""

    process: subprocess.Popen[bytes]
    client: httpx.Client
    log: Path

    @property
    def lines(self) -> list[dict[str, object]]:
        """Its log but for the first line, which is for people."""
        return [json.loads(line) for line in self.log.read_text().splitlines()[1:]]


def until(true: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not true() and monotonic() < deadline:
        sleep(0.05)
    assert true()


@pytest.fixture
def exported(tiny_project: Path, tiny_export: Path) -> Path:
    """The tiny project with an export, by which processes start without torch."""
    (tiny_project / "models/export").symlink_to(tiny_export)
    return tiny_project


@pytest.fixture
def start(exported: Path, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start `lookalike serve` on a free port; ended at the end."""
    started: list[Service] = []

    def run(*options: str, **environment: str) -> Service:
        log = tmp_path / "log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "lookalike", "serve", "--port", "0", *options],
                cwd=exported,
                env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
                stderr=errors,
            )
        until(lambda: "listening on" in log.read_text() or process.poll() is not None)
        [address] = re.findall(r"listening on (\S+)", log.read_text())
        service = Service(process, httpx.Client(base_url=address, timeout=60), log)
        started.append(service)
        assert service.client.get("/readyz").status_code == 200
        return service

    yield run
    for service in started:
        service.client.close()
        service.process.terminate()
        service.process.wait(60)


def test_every_request_is_a_line_of_json_with_its_id_and_phases(
    exported: Path, start: Callable[..., Service], digit: bytes
) -> None:
    (exported / "models/export").unlink()  # so it is torch that computes
    service = start()
    headers = {"X-Request-Id": "mine-1"}
    answer = service.client.post("/predict", files={"file": digit}, headers=headers)
    assert answer.headers["x-request-id"] == "mine-1"
    [line] = [line for line in service.lines if line["request_id"] == "mine-1"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/predict", 200)
    assert line.keys() >= {"duration_ms", "decode_ms", "queue_ms", "compute_ms", "index_ms"}


def test_requests_that_have_begun_are_answered_before_the_service_ends(
    start: Callable[..., Service], digit: bytes
) -> None:
    service = start()
    address = (service.client.base_url.host, service.client.base_url.port or 80)
    body = b'{"id": "unknown"}'
    head = (
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(address) as begun:
        begun.sendall(head.encode() + body[:-1])
        sleep(0.3)
        service.process.send_signal(signal.SIGTERM)
        sleep(0.3)
        begun.sendall(body[-1:])
        assert b" 422 " in begun.recv(100)
    service.process.wait(30)
    assert not [line for line in service.lines if line["level"] == "error"]


def test_sighup_reloads_the_bundle(start: Callable[..., Service]) -> None:
    service = start()
    service.process.send_signal(signal.SIGHUP)
    until(lambda: any("a new bundle is served" in str(line["message"]) for line in service.lines))
    assert service.client.get("/readyz").status_code == 200


def workers_of(service: Service) -> list[psutil.Process]:
    """The server processes below the supervisor."""
    return [child for child in psutil.Process(service.process.pid).children() if is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it has ended just now
        return False


@pytest.mark.full
def test_a_killed_worker_is_replaced_and_the_others_answer(
    start: Callable[..., Service], digit: bytes
) -> None:
    service = start("--workers", "2")
    until(lambda: len(workers_of(service)) == 2)
    first = workers_of(service)[0]
    first.kill()
    until(lambda: first.pid not in {w.pid for w in workers_of(service)})
    until(lambda: len(workers_of(service)) == 2)
    with ThreadPoolExecutor(4) as pool:
        asked = [
            pool.submit(httpx.post, f"{service.client.base_url}/predict", files={"file": digit})
            for _ in range(8)
        ]
        assert {each.result().status_code for each in asked} == {200}


@pytest.mark.full
def test_several_workers_add_up_their_figures_and_reload_together(
    start: Callable[..., Service],
) -> None:
    service = start("--workers", "2")
    for _ in range(10):
        with httpx.Client(base_url=service.client.base_url) as fresh:
            assert fresh.get("/version").status_code == 200
    figures = service.client.get("/metrics").text
    pattern = r'http_server_request_duration_seconds_count\{.*route="/version".*\} (\d+)'
    assert [float(number) for number in re.findall(pattern, figures)] == [10]
    assert service.client.post("/reload").status_code == 200

    def reloaded() -> int:
        return sum("a new bundle is served" in str(line["message"]) for line in service.lines)

    until(lambda: reloaded() >= 3)  # the asked one twice, and the other one


def test_an_export_and_an_index_are_enough(
    exported: Path, tiny_export: Path, start: Callable[..., Service], digit: bytes
) -> None:
    for name in ("dvc.yaml", "params.yaml", "models/model", "data/images"):
        (exported / name).unlink()
    service = start()
    found = service.client.post("/predict", files={"file": digit}).json()
    assert found["hits"][0]["path"] == "3/03.png"
    of_model = json.loads((tiny_export / "model.json").read_text())["model_sha256"]
    assert service.client.get("/version").json()["model"] == of_model
    assert service.client.post("/reload").status_code == 200


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], ["LOOKALIKE_TOKEN", "--allow-anonymous"]),
        (["--host", "192.0.2.1", "--allow-anonymous"], ["192.0.2.1", "cannot be listened on"]),
        (["--port", "99999"], ["serve.port", "65535"]),
    ],
)
def test_where_it_may_not_listen_it_says_so_in_one_line(
    exported: Path, options: list[str], words: list[str]
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "lookalike", "serve", "--port", "0", *options]
    done = subprocess.run(command, cwd=exported, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert [word for word in words if word not in done.stderr] == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_without_an_index_it_says_what_to_run_first(exported: Path, workers: str) -> None:
    (exported / "models/index").unlink()
    command = [sys.executable, "-m", "lookalike", "serve", "--port", "0", "--workers", workers]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(command, cwd=exported, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "run the index stage first" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
