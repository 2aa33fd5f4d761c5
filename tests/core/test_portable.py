"""The environment that `base.reproducible` asks for, as a process of its own sees it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.core.portable import PORTABLE

SOURCE = Path(__file__).parents[2] / "src"
SHOW = (
    "import os; from lookalike.core.portable import PORTABLE, fix_environment; fix_environment(); "
    "print([os.environ.get(name) for name in PORTABLE])"
)


def run(folder: Path, params: str, code: str = SHOW) -> subprocess.CompletedProcess[str]:
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if name not in PORTABLE}
    environment = clean | {"PYTHONPATH": str(SOURCE)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("base: {reproducible: portable}", list(PORTABLE.values())),
        ("base: {reproducible: machine}", [None] * len(PORTABLE)),
        ("base: {}", [None] * len(PORTABLE)),
    ],
)
def test_portable_fixes_the_instructions_and_machine_leaves_them(
    tmp_path: Path, params: str, expected: list[str | None]
) -> None:
    assert run(tmp_path, params).stdout.strip() == str(expected)


@pytest.mark.parametrize(("set_before", "expected"), [(None, "1000"), ("7", "7")])
def test_threads_that_wait_soon_sleep_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_before: str | None, expected: str
) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if set_before is not None:
        monkeypatch.setenv("GOMP_SPINCOUNT", set_before)
    code = f"{SHOW}; print(os.environ['GOMP_SPINCOUNT'])"
    shown = run(tmp_path, "base: {}", code).stdout.splitlines()
    assert shown[-1] == expected


@pytest.mark.full
def test_libraries_heed_it(tmp_path: Path) -> None:
    code = (
        f"{SHOW}; import numpy._core._multiarray_umath as numpy; import torch; "
        "print(torch.backends.cpu.get_cpu_capability(), numpy.__cpu_features__['X86_V4'])"
    )
    shown = run(tmp_path, "base: {reproducible: portable}", code).stdout.splitlines()
    assert shown[-1] == "AVX2 False"


def test_a_wrong_parameter_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "base: {reproducible: everywhere}")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "base.reproducible = 'everywhere'" in done.stderr


def test_it_refuses_to_come_too_late(tmp_path: Path) -> None:
    done = run(tmp_path, "base: {}", f"import numpy; {SHOW}")
    assert "RuntimeError: fix_environment() comes too late: numpy is loaded" in done.stderr
