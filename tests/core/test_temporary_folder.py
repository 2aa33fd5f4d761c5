"""Where no folder for temporary files can be written, stages and commands end with one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.core.temporary_folder import NO_FOLDER

REPOSITORY = Path(__file__).parents[2]
# As on a read-only file system: root may write everywhere.
NOWHERE = "import tempfile, runpy, sys; tempfile._candidate_tempdir_list = lambda: ['/nowhere']; "


def ended(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", NOWHERE + code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("stage", ["embed", "ingest", "train"])
def test_a_stage_ends_with_one_line(stage: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("ingest: {source: photos}\n")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"a")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/corrections.csv").write_text("path,id,action,label\n")
    script = REPOSITORY / "src" / f"{stage}.py"
    run = f"sys.path[0] = {str(script.parent)!r}; sys.argv = [{str(script)!r}]; "
    done = ended(run + f"runpy.run_path({str(script)!r}, run_name='__main__')", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"{stage}: {NO_FOLDER}"
    assert "Traceback" not in done.stderr


def test_a_command_ends_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("ingest: {source: photos}\n")
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    run = "sys.argv = ['lookalike', 'doctor']; "
    done = ended(run + "runpy.run_module('lookalike', run_name='__main__')", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"lookalike: {NO_FOLDER}\n"
