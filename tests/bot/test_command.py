"""`lookalike bot` as a process: it answers, ends when it is told to, and keeps its secret."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.bot.bot_api import TOKEN
from tests.bot.conftest import bot_api

from lookalike.bot.command import run_project
from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout

SOURCE = Path(__file__).parents[2] / "src"
COMMAND = [sys.executable, "-m", "lookalike", "bot"]


@pytest.fixture
def finished(tiny_project: Path, tiny_export: Path) -> Path:
    """A project whose outputs are the tiny ones, with the token in `.env`; it needs no torch."""
    (tiny_project / "models/export").symlink_to(tiny_export)
    (tiny_project / ".env").write_text(f"LOOKALIKE_BOT_TOKEN={TOKEN}\n")
    return tiny_project


def environment(**given: str) -> dict[str, str]:
    known = {**os.environ, "PYTHONPATH": str(SOURCE), **given}
    known.pop("LOOKALIKE_BOT_TOKEN", None)
    return known


@pytest.mark.parametrize(
    "told", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.full)]
)
def test_it_answers_until_it_is_told_to_end_and_shows_its_token_nowhere(
    finished: Path, digit: bytes, tmp_path: Path, told: signal.Signals
) -> None:
    log = tmp_path / "log"
    with bot_api() as (api, address), log.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, "--base-url", f"{address}/"],
            cwd=finished,
            env=environment(LOOKALIKE_BOT_CHATS="7, 8"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            api.fail("download", None)
            api.photograph(digit)
            assert "please send it again" in api.wait(1)[0].text
            api.document(digit)
            assert len(api.wait(2)[1].pictures) == 5
            api.write("/help", chat=9)
            assert "this one, 9," in api.wait(3)[2].text
            running = psutil.Process(process.pid)
            shown = [" ".join(each.cmdline()) for each in (running, *running.children(True))]
            process.send_signal(told)
            assert process.wait(60) == 0
        finally:
            process.kill()
    printed = log.read_text()
    assert printed.startswith("answering as @lookalike_bot")
    assert "Telegram: " in printed
    assert "Traceback" not in printed
    assert [text for text in (printed, *shown) if TOKEN.partition(":")[2] in text] == []


def test_an_index_that_is_missing_is_one_line(finished: Path) -> None:
    (finished / "models/index").unlink()
    done = subprocess.run(COMMAND, cwd=finished, env=environment(), text=True, capture_output=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "models/index" in line


@pytest.mark.parametrize(
    ("address", "chats", "words"),
    [
        ("api.telegram.org", "", "should begin with https:// or http://"),
        ("https://user:word@host", "", "its address holds a user and password"),
        (None, "1,x", "should be the ids of chats"),
    ],
)
def test_a_wrong_setting_is_one_line(
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str | None,
    chats: str,
    words: str,
) -> None:
    monkeypatch.setenv("LOOKALIKE_BOT_CHATS", chats)
    monkeypatch.delenv("LOOKALIKE_BOT_TOKEN", raising=False)
    with pytest.raises(LookalikeError, match=words):
        run_project(Layout(finished), address)
