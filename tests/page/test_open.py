"""`lookalike open`: from a finished run to the page in a browser, by one command."""

import os
import re
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def project(tiny_model: Path, tiny_export: Path, tiny_index: Path, tmp_path: Path) -> Path:
    """A project whose pipeline has run, and that was cloned without its images."""
    for name in ("dvc.yaml", "params.yaml"):
        (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    (tmp_path / "models").mkdir()
    (tmp_path / "models/model").symlink_to(tiny_model)
    (tmp_path / "models/export").symlink_to(tiny_export)
    (tmp_path / "models/index").symlink_to(tiny_index)
    return tmp_path


def test_a_browser_is_sent_to_a_page_that_is_served(project: Path, tmp_path: Path) -> None:
    visited = tmp_path / "visited"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$1" > {visited}.partial && mv {visited}.partial {visited}'
    )
    browser.chmod(0o755)
    environment = {**os.environ, "BROWSER": f"{browser} %s"}
    command = [sys.executable, "-m", "lookalike", "open"]
    with subprocess.Popen(command, cwd=project, env=environment) as process:
        try:
            deadline = monotonic() + 60
            while not visited.exists() and monotonic() < deadline:
                sleep(0.05)
            address = visited.read_text().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
            page = httpx.get(address, timeout=60)
        finally:
            process.terminate()
    assert page.status_code == 200
    assert 'src="page/main.js"' in page.text
