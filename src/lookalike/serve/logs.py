"""Logs: one line of JSON for each event, on stderr."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from lookalike.serve.request_id import request_id

FIELDS = "fields"  # what `extra` calls them


class JsonFormatter(logging.Formatter):
    """A record as a line of JSON: time, level, message, the request's id, and more fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def logging_configuration() -> dict[str, Any]:
    """What `logging.config.dictConfig` takes: ours and uvicorn's records, as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "loggers": {
            name: {"handlers": ["stderr"], "level": "INFO", "propagate": False}
            for name in ("lookalike", "uvicorn")
        },
    }
