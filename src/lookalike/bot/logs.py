"""Logs: one line of JSON for each event on stderr, as the service's, and never the token.

The addresses of the Bot API hold the token, and libraries log and raise them.
"""

import logging
from typing import Any

from telegram.error import TelegramError

from lookalike.bot.token import without_token
from lookalike.serve.logs import JsonFormatter

logger = logging.getLogger("lookalike.bot")


class TokenlessFormatter(JsonFormatter):
    """A record as a line of JSON; neither its message nor its traceback shows the token."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        return without_token(super().format(record), self._token)


def log_error(error: Exception) -> None:
    """One line where Telegram is at fault, or the time; else with the traceback."""
    if isinstance(error, TelegramError):
        logger.warning("Telegram: %s", error)
    elif isinstance(error, TimeoutError):
        logger.warning("a search took longer than serve.timeout")
    else:
        logger.error("a message could not be answered", exc_info=error)


def logging_configuration(token: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes: our records, and the warnings of all others."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": TokenlessFormatter, "token": token}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "loggers": {"lookalike": {"level": "INFO"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
    }
