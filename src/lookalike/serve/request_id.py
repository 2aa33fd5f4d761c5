"""The id of the request that is being answered: of its answer, its log lines and its errors."""

import re
from contextvars import ContextVar
from uuid import uuid4

request_id: ContextVar[str] = ContextVar("request_id", default="-")

ACCEPTED = re.compile(r"[\w.-]{1,64}", re.ASCII)


def new_request_id(given: str | None) -> str:
    """The client's own id, where it sends a plain one; else a new one."""
    return given if given is not None and ACCEPTED.fullmatch(given) else uuid4().hex
