"""What is OpenVINO's own: one core for the process."""

import subprocess
import sys
from pathlib import Path

DROPPED_ELSEWHERE = """
import os, signal, sys
from pathlib import Path
from threading import Thread
from lookalike.inference.exported import read_export
from lookalike.inference.runtimes.openvino import OpenVinoRuntime
folder = Path(sys.argv[1])
runtimes = [OpenVinoRuntime(folder / "model.onnx", read_export(folder), "fp32")]
thread = Thread(target=runtimes.clear)
thread.start()
thread.join()
signal.signal(signal.SIGTERM, lambda *_: print("asked to end"))
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_signals_are_handled_after_a_model_was_dropped_by_another_thread(tiny_export: Path) -> None:
    command = [sys.executable, "-c", DROPPED_ELSEWHERE, str(tiny_export)]
    done = subprocess.run(command, text=True, capture_output=True)
    assert (done.returncode, done.stdout) == (0, "asked to end\n"), done.stderr
