"""A stage tells MLflow, and what happens there is one line and no more."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike.record.mirror_process import mirror_run

SECRET = "f00dcafe"


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder is a project whose training has just ended."""
    for name, text in {
        "dvc.yaml": "",
        "params.yaml": "train: {backbone: cnn}",
        "models/model/weights.safetensors": "weights",
        "models/model/model.json": "{}",
        "metrics/train.json": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)


def test_nothing_is_said_where_no_server_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    mirror_run("train")
    assert capsys.readouterr() == ("", "")


def test_a_server_that_is_down_is_one_line_after_a_few_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mlflow", reason="the package mlflow is not installed")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:{SECRET}@127.0.0.1:9")
    start = time.monotonic()
    mirror_run("train")
    assert time.monotonic() - start < 20
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "train: lookalike: MLflow at http://127.0.0.1:9: no server answers there"
    )
    assert line.endswith("this run is whole without it, and  lookalike mlflow  tries again")


@pytest.mark.parametrize("trouble", ["params.yaml", "models/model/model.json"])
def test_whatever_goes_wrong_the_stage_goes_on(
    trouble: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(trouble).unlink()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    mirror_run("train")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_interrupted_the_stage_has_ended_well_all_the_same(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = start(
            "import os, signal\n"
            f"os.environ['MLFLOW_TRACKING_URI'] = 'http://{silent_address(silent)}'\n"
            "from lookalike.record.mirror_process import mirror_run\n"
            "from lookalike.terminal.console import ConsoleReporter\n"
            "from lookalike.terminal.progress import reporting_to\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs may ignore it\n"
            "with reporting_to(ConsoleReporter()): mirror_run('train')\n"
            "print('done')"
        )
        silent.settimeout(60)
        connection, _ = silent.accept()  # it asks now
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        connection.close()
    assert (process.returncode, output) == (0, "done\n")
    assert errors.startswith("train: MLflow: interrupted; this run is whole without it")


def silent_address(server: socket.socket) -> str:
    return "{}:{}".format(*server.getsockname())
