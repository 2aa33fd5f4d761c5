"""A rolling update as Kubernetes does it: the new pod is ready before the old one goes."""

import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import sleep

import httpx
import pytest

STALE = 1.0  # seconds in which a client may still be sent to a pod that is going: preStop


@pytest.fixture
def pod(
    tiny_project: Path, tmp_path: Path, started: list[subprocess.Popen[str]]
) -> Callable[[], str]:
    """Start a service; its address, once it is ready."""

    def run() -> str:
        log = tmp_path / f"log-{len(started)}"
        with log.open("wb") as errors:
            command = [sys.executable, "-m", "lookalike", "serve", "--port", "0"]
            started.append(subprocess.Popen(command, cwd=tiny_project, stderr=errors, text=True))
        while not (found := re.search(r"listening on (\S+)", log.read_text())):
            assert started[-1].poll() is None, log.read_text()
            sleep(0.05)
        assert httpx.get(f"{found[1]}/readyz", timeout=60).status_code == 200
        return found[1]

    return run


@pytest.mark.full
def test_no_request_fails_while_one_version_after_the_other_rolls_out_and_back(
    pod: Callable[[], str], started: list[subprocess.Popen[str]], digit: bytes
) -> None:
    pods = [pod()]
    answers: Counter[tuple[str, object]] = Counter()
    done = Event()

    def client() -> None:
        while not done.is_set():
            address = random.choice(pods)
            try:
                answer = httpx.post(f"{address}/predict", files={"file": digit}, timeout=60)
                answers[address, answer.status_code] += 1
            except httpx.HTTPError as error:
                answers[address, repr(error)] += 1

    clients = [Thread(target=client) for _ in range(4)]
    for thread in clients:
        thread.start()
    served = [*pods]
    for _ in range(2):  # an update, and the way back
        served.append(pod())
        pods.append(served[-1])
        going = pods.pop(0)
        sleep(STALE)
        started[served.index(going)].send_signal(signal.SIGTERM)
        assert started[served.index(going)].wait(60) == -signal.SIGTERM
    done.set()
    for thread in clients:
        thread.join()
    assert {status for _, status in answers} == {200}
    assert {address for address, _ in answers} == set(served)
