"""The bot's token: whoever knows it is the bot, so it is read here and shown nowhere."""

import os
import re
from pathlib import Path

from dotenv import dotenv_values

from lookalike.core.errors import ConfigError

TOKEN = "LOOKALIKE_BOT_TOKEN"
FORM = re.compile(r"\d+:[\w-]{20,}", re.ASCII)


def take_token(dotenv: Path) -> str:
    """The token from the environment, else from a `.env` file.

    It is taken out of the environment, which the processes that decode images would inherit.

    Raises:
        ConfigError: there is none, or it is none; what there is instead is not shown.
    """
    token = (os.environ.pop(TOKEN, "") or _written(dotenv)).strip()
    if not token:
        raise ConfigError(
            f"{TOKEN} is not set: put the token that @BotFather gave you into the environment or "
            f"into {dotenv}"
        )
    if not FORM.fullmatch(token):
        raise ConfigError(f"{TOKEN} is no token of @BotFather, such as 123456:ABC-DEF…")
    return token


def without_token(text: str, token: str) -> str:
    """A text without the token, however its colon is written."""
    number, _, secret = token.partition(":")
    return text.replace(token, f"{number}:***").replace(secret, "***")


def _written(dotenv: Path) -> str:
    try:
        return dotenv_values(dotenv, interpolate=False).get(TOKEN) or ""
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{dotenv}: cannot be read as UTF-8 text") from None
