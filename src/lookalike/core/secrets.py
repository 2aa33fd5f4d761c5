"""Keep passwords, signatures and tokens of addresses out of messages, metadata and reports."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from lookalike.core.errors import LookalikeError

WHERE_CREDENTIALS_BELONG = (
    "credentials belong in the environment, .env or a profile, or in DVC's own config "
    "(dvc remote modify --local)"
)

_ADDRESS = re.compile(r"((?:[a-z][a-z0-9+.-]*://)+)([^\s'\"<>]+)", re.IGNORECASE)
# The names that providers give to signatures and tokens, alone or after a prefix such as `api_`.
_SECRET_NAME = (
    r"(?:x-(?:amz|goog|oss|ms|cos)-[\w.-]*|awsaccesskeyid|googleaccessid|ossaccesskeyid|"
    r"(?:[\w.-]*[-_.])?(?:sig|signature|key|apikey|accesskey|secret|passw(?:or)?d|passphrase|pwd|"
    r"credentials?|auth|authorization|hmac|jwt|sas)|[\w.-]*token)"
)
_SECRET = re.compile(_SECRET_NAME, re.IGNORECASE)
_ASSIGNED = re.compile(rf"([?&;]{_SECRET_NAME}=)[^\s&;'\"<>]+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """A text whose addresses, `dvc://https://…` too, hold no user, no password and no signed query.

    Of an address that no parser takes, because its password is not percent-encoded, all before the
    last `@` goes. A query goes as a whole where one of its names is that of a signature or a token.
    """
    return _ASSIGNED.sub(r"\1***", _ADDRESS.sub(lambda found: _public(found[1], found[2]), text))


def check_addresses(values: Any, where: str) -> None:
    """Raise LookalikeError where an address among nested values holds a user and password.

    Args:
        values: parameters, as they are read from a file.
        where: what to call them in the error.
    """
    for name, text in _texts(values, where):
        scheme, mark, rest = text.partition("://")
        if mark and _has_password(scheme + mark, rest):
            raise LookalikeError(
                f"{name}: its address holds a user and password: leave them out; "
                f"{WHERE_CREDENTIALS_BELONG}"
            )


def _public(scheme: str, rest: str) -> str:
    if _has_password(scheme, rest):
        rest = rest.rpartition("@")[2]
    start = re.search(r"[?#]", rest)
    if start and any(
        _SECRET.fullmatch(unquote(part.partition("=")[0]))
        for part in re.split(r"[?#&;]", rest[start.end() :])
    ):
        rest = rest[: start.start()]
    return scheme + rest


def _has_password(scheme: str, rest: str) -> bool:
    """Whether an address, after its `scheme://`, begins with `user:password@`.

    A web address with a user alone counts too: there it is a token. Elsewhere it is none
    (`abfs://container@account`, `ssh://git@host`). A password with `/`, `?` or `#` in it, not
    percent-encoded, ends where a host and port would: `user:12` is none where an `@` follows.
    """
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, at, _ = authority.rpartition("@")
    if at:
        return ":" in user or scheme.lower().endswith(("http://", "https://"))
    host, colon, port = authority.rpartition(":")
    is_host = port.isdigit() and ("." in host or host.endswith("]") or host == "localhost")
    return bool(colon) and "@" in rest and not is_host


def _texts(values: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(values, str):
        yield name, values
    elif isinstance(values, dict):
        for key, value in values.items():
            yield from _texts(value, f"{name}.{key}")
    elif isinstance(values, list):
        for value in values:
            yield from _texts(value, name)
