"""The service against its own library called directly, and how much it takes.

    python -m bench.serve PROJECT IMAGE [--seconds 60] [--requests 2000]

PROJECT is a folder in which the pipeline has run, IMAGE a file to search for. The service runs in a
process of its own, asked over loopback by clients in this one. Memory is the proportional set size
of all its processes, looked at four times a second.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import NamedTuple, TypeVar

import psutil
from ruamel.yaml import YAML

import lookalike as la
from bench.http_clients import Answers, ask, for_seconds, post, so_often, upload

CLIENTS = 64
OVERLOAD = 10
MANY_CLIENTS = 10 * 128  # ten times `serve.queue_size`
RELOADING_CLIENTS = 16
Result = TypeVar("Result")


class Service(NamedTuple):
    """A running `lookalike serve`."""

    process: psutil.Process
    port: int


@contextmanager
def serving(project: Path, **params: int) -> Iterator[Service]:
    """Serve a project, with some parameters of `serve` changed, while a block runs."""
    yaml = YAML()
    chosen = yaml.load(project / "params.yaml")
    chosen["serve"].update(params)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yaml.dump(chosen, folder / "params.yaml")
        (folder / "dvc.yaml").touch()
        for part in ("models", "data"):
            (folder / part).symlink_to((project / part).resolve())
        log = folder / "log"
        command = [sys.executable, "-m", "lookalike", "serve", "--port", "0"]
        with log.open("wb") as errors:
            process = subprocess.Popen(command, cwd=folder, stderr=errors)
        try:
            while "startup complete" not in (lines := log.read_text()):
                if process.poll() is not None:
                    raise SystemExit(lines)
                sleep(0.05)
            port = int(lines.partition("listening on http://")[2].split()[0].rpartition(":")[2])
            yield Service(psutil.Process(process.pid), port)
        finally:
            process.terminate()
            process.wait()


def peak_memory(service: Service, work: Callable[[], Result]) -> tuple[Result, float]:
    """What work gives, and the most MB that the service had meanwhile."""
    peak, done = 0.0, Event()

    def look() -> None:
        nonlocal peak
        while not done.wait(0.25):
            now = 0
            for process in (service.process, *service.process.children(recursive=True)):
                with suppress(psutil.Error):  # it has ended just now
                    now += process.memory_full_info().pss
            peak = max(peak, now / 1e6)

    thread = Thread(target=look)
    thread.start()
    try:
        result = work()
    finally:
        done.set()
        thread.join()
    return result, peak


def p50_ms(seconds: list[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(seconds) * 1000


def directly(searcher: la.Searcher, image: bytes, times: Iterator[float]) -> list[float]:
    """Seconds of each search, called in this process."""
    seconds = []
    for started in times:
        searcher.search(image)
        seconds.append(perf_counter() - started)
    return seconds


def counted(answers: Answers) -> str:
    """How many answers there were, by status; 0: dropped."""
    return ", ".join(f"{count} x {status}" for status, count in sorted(answers.statuses.items()))


def measure_one(project: Path, image: bytes, searcher: la.Searcher, seconds: float) -> None:
    """One client, in turns with direct calls."""
    direct, asked = [], Answers()
    with serving(project) as service:
        ask(service.port, upload(image), 1, so_often(10))
        for _ in range(5):
            direct += directly(searcher, image, for_seconds(seconds / 10))
            one = ask(service.port, upload(image), 1, for_seconds(seconds / 10))
            asked.seconds += one.seconds
    print("| one warm request, p50 | ms |\n|---|---:|")
    print(f"| called directly | {p50_ms(direct):.1f} |")
    print(f"| over HTTP | {p50_ms(asked.seconds):.1f} |")
    print(f"| HTTP / direct | {p50_ms(asked.seconds) / p50_ms(direct):.2f} |\n")


def measure_many(project: Path, image: bytes, searcher: la.Searcher, seconds: float) -> float:
    """64 clients, with and without batches; the searches a second of the former."""
    print("| 64 clients | searches/s | ratio | answers | p50, ms | peak memory, MB |")
    print("|---|---:|---:|---|---:|---:|")
    direct = len(directly(searcher, image, for_seconds(seconds))) / seconds
    print(f"| called directly, one after the other | {direct:.1f} | | | | |")
    rates = []
    for name, params in (("no batches", {"batch_size": 1}), ("batches", {})):
        with serving(project, **params) as service:
            ask(service.port, upload(image), CLIENTS, so_often(2 * CLIENTS))
            started = perf_counter()
            answers, memory = peak_memory(
                service,
                lambda port=service.port: ask(port, upload(image), CLIENTS, for_seconds(seconds)),  # type: ignore[misc]
            )
            rates.append(answers.statuses[200] / (perf_counter() - started))
        print(
            f"| {name} | {rates[-1]:.1f} | {rates[-1] / direct:.2f} | {counted(answers)} "
            f"| {p50_ms(answers.seconds):.0f} | {memory:.0f} |"
        )
    print(f"| batches / no batches | | {rates[1] / rates[0]:.2f} | | | |\n")
    return rates[1]


def measure_overload(project: Path, image: bytes, rate: float, seconds: float) -> None:
    """Ten times what it can take, beside the memory of what it can take."""
    with serving(project) as service:
        request = upload(image)
        _, before = peak_memory(
            service, lambda: ask(service.port, request, CLIENTS, for_seconds(seconds / 2))
        )
        answers, memory = peak_memory(
            service,
            lambda: ask(service.port, request, MANY_CLIENTS, for_seconds(seconds), OVERLOAD * rate),
        )
    print("| ten times the load | answers | peak memory, MB | of that at 64 clients |")
    print("|---|---|---:|---:|")
    print(
        f"| {OVERLOAD * rate:.0f} requests/s of {MANY_CLIENTS} clients | {counted(answers)} "
        f"| {memory:.0f} | {memory / before:.2f} |\n"
    )


def measure_reloads(project: Path, image: bytes, requests: int) -> None:
    """Searches while one bundle after the other is swapped in."""
    with serving(project) as service:
        reloads, done = Answers(), Event()

        def reload() -> None:
            while not done.is_set():
                one = ask(service.port, post("/reload"), 1, so_often(1))
                reloads.statuses += one.statuses

        thread = Thread(target=reload)
        thread.start()
        answers = ask(service.port, upload(image), RELOADING_CLIENTS, so_often(requests))
        done.set()
        thread.join()
    print("| searches meanwhile | reloads |\n|---|---|")
    print(f"| {counted(answers)} | {counted(reloads)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("image", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each measurement")
    parser.add_argument("--requests", type=int, default=2000, help="while it reloads")
    arguments = parser.parse_args()
    project, seconds = arguments.project, arguments.seconds
    image = arguments.image.read_bytes()
    searcher = la.open_searcher(project / "models/model", project / "models/index")
    directly(searcher, image, so_often(10))
    measure_one(project, image, searcher, seconds)
    rate = measure_many(project, image, searcher, seconds)
    measure_overload(project, image, rate, seconds)
    measure_reloads(project, image, arguments.requests)


if __name__ == "__main__":
    main()
