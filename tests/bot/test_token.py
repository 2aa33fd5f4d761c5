"""The token: where it comes from, and where it never shows."""

import json
import logging
import os
from pathlib import Path

import pytest
from tests.bot.bot_api import TOKEN

from lookalike.bot.logs import TokenlessFormatter
from lookalike.bot.token import take_token
from lookalike.core.errors import ConfigError

SECRET = TOKEN.partition(":")[2]


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOKALIKE_BOT_TOKEN", raising=False)


def test_it_comes_from_the_environment_and_no_child_inherits_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("LOOKALIKE_BOT_TOKEN=1:of-another-bot-that-is-not-asked\n")
    monkeypatch.setenv("LOOKALIKE_BOT_TOKEN", TOKEN)
    assert take_token(tmp_path / ".env") == TOKEN
    assert "LOOKALIKE_BOT_TOKEN" not in os.environ


@pytest.mark.parametrize("line", ["{}={}", "export {}='{}'", '{}="{}"  # of the test bot'])
def test_it_comes_from_a_file(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"OTHER=1\n{line.format('LOOKALIKE_BOT_TOKEN', TOKEN)}\n")
    assert take_token(tmp_path / ".env") == TOKEN


@pytest.mark.parametrize(
    "content", [None, b"", b"LOOKALIKE_BOT_TOKEN=", b"LOOKALIKE_BOT_TOKEN", b"\xff\xfe=1"]
)
def test_without_one_a_line_says_where_to_put_it(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / ".env").write_bytes(content)
    with pytest.raises(ConfigError, match=r"LOOKALIKE_BOT_TOKEN|\.env"):
        take_token(tmp_path / ".env")


@pytest.mark.parametrize("wrong", [SECRET, f"bot{TOKEN}", f"{TOKEN}/../x", TOKEN + "\n" + "x"])
def test_what_is_no_token_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("LOOKALIKE_BOT_TOKEN", wrong)
    with pytest.raises(ConfigError) as error:
        take_token(tmp_path / ".env")
    assert SECRET not in str(error.value)


def test_a_traceback_in_the_log_does_not_show_it() -> None:
    try:
        raise ValueError(f"https://api.telegram.org/bot{TOKEN.replace(':', '%3A')}/getMe")
    except ValueError as error:
        trace = (type(error), error, error.__traceback__)
    record = logging.LogRecord("a", logging.ERROR, "b", 1, "at %s", (f"/bot{TOKEN}/",), trace)
    line = TokenlessFormatter(TOKEN).format(record)
    assert SECRET not in line
    assert json.loads(line)["message"] == "at /bot123456789:***/"
