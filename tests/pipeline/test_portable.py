"""`base.reproducible: portable`: what emulated processors compute has the bytes of the real one.

qemu's processors have AVX2 and no AVX-512, and compute reciprocal approximations exactly, which
neither Intel's nor AMD's do: what goes through one differs here.
"""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from lookalike.core.portable import PORTABLE

FIGURES = Path(__file__).with_name("portable_figures.py")
SOURCE = Path(__file__).parents[2] / "src"
QEMU = shutil.which("qemu-x86_64")
PROCESSORS = ("Haswell", "EPYC")

pytestmark = [
    pytest.mark.skipif(QEMU is None, reason="needs qemu-x86_64 (apt-get install qemu-user)"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="compares with an x86-64 processor"),
]


def figures(part: str, *emulator: str) -> dict[str, str]:
    """What a part computes, natively or on an emulated processor: sha256 by name."""
    environment = os.environ | PORTABLE | {"PYTHONPATH": str(SOURCE)}
    environment["OMP_WAIT_POLICY"] = "passive"  # emulated threads that spin keep others waiting
    command = [*emulator, sys.executable, str(FIGURES), part]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if part == "annoy" and done.returncode in (-signal.SIGILL, 128 + signal.SIGILL):
        pytest.skip("the installed Annoy is built for this processor alone; make setup builds it")
    assert done.returncode == 0, done.stderr
    hashes: dict[str, str] = json.loads(done.stdout)
    return hashes


@cache
def native(part: str) -> dict[str, str]:
    return figures(part)


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize(
    "part",
    [
        pytest.param("search", marks=pytest.mark.full),
        "annoy",
        pytest.param("training", marks=pytest.mark.full),
        pytest.param("evaluation", marks=pytest.mark.full),
    ],
)
def test_another_processor_computes_the_same_bytes(part: str, processor: str) -> None:
    assert QEMU is not None
    assert figures(part, QEMU, "-cpu", processor) == native(part)
