"""What has just been run is shown by MLflow too, where `MLFLOW_TRACKING_URI` names a server."""

import os
import subprocess
import sys
from pathlib import Path

import lookalike
from lookalike.terminal.progress import say

URI = "MLFLOW_TRACKING_URI"
SECONDS = 60.0


def mirror_run(stage: str) -> None:
    """Mirror the run to MLflow after a stage has written its outputs; say one line on it.

    In a process of its own: the stage depends on nothing of it, and whatever happens there, the
    stage has ended well. A server that does not answer takes a few seconds, a slow one a minute.
    """
    if not os.environ.get(URI):
        return
    source = str(Path(lookalike.__file__).parents[1])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "lookalike.record"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        failed, lines = done.returncode != 0, (done.stdout + done.stderr).split("\n")
        line = next((line for line in reversed(lines) if line), "MLflow: it ended without a word")
    except subprocess.TimeoutExpired:
        failed, line = True, f"MLflow: it took longer than {SECONDS:.0f} s"
    except KeyboardInterrupt:  # the outputs are whole: whoever runs the stage is to record them
        failed, line = True, "MLflow: interrupted"
    remedy = "; this run is whole without it, and  lookalike mlflow  tries again" if failed else ""
    say(f"{stage}: {line}{remedy}")
