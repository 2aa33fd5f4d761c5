"""A first answer from a cold start: `lookalike search IMAGE` by each runtime, in turn.

    python -m bench.search PROJECT IMAGE [--runs 7]

PROJECT is a folder in which the pipeline has run. Each run is a process of its own; the first one
of each runtime warms up the files. Wall-clock time, processor time (user and system) and the
largest resident set are medians, the ratios those of each pair.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

RUNTIMES = ("onnxruntime", "openvino", "torch")


class Run(NamedTuple):
    """What a process took: seconds, and MB."""

    wall: float
    processor: float
    memory: float


def search(project: Path, image: Path, runtime: str) -> Run:
    """One search in a process of its own."""
    command = [sys.executable, "-m", "lookalike", "search", str(image), "--runtime", runtime]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    wall = time.perf_counter() - start
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("image", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    image = arguments.image.absolute()
    runs: dict[str, list[Run]] = {runtime: [] for runtime in RUNTIMES}
    for number in range(arguments.runs + 1):
        for runtime in RUNTIMES:
            run = search(arguments.project, image, runtime)
            if number:
                runs[runtime].append(run)
    print("| runtime | wall, s | processor, s | memory, MB |")
    print("|---|---:|---:|---:|")
    for runtime, several in runs.items():
        wall, processor, memory = (
            statistics.median(values) for values in zip(*several, strict=True)
        )
        print(f"| {runtime} | {wall:.2f} | {processor:.2f} | {memory:.0f} |")
    by_torch = runs.pop("torch")
    for runtime, several in runs.items():
        pairs = list(zip(by_torch, several, strict=True))
        wall, processor, memory = (
            statistics.median(torch[n] / export[n] for torch, export in pairs) for n in range(3)
        )
        print(f"| torch / {runtime} | {wall:.1f} | {processor:.1f} | {memory:.1f} |")


if __name__ == "__main__":
    main()
