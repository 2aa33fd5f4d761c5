"""Who may ask: only clients that mean this service, and where there is a token, that know it.

A page that somebody visits can make their browser ask a service on their own machine. It cannot
choose the `Host` and `Origin` that the browser sends, so those are checked: names that are not the
service's own are refused (DNS rebinding), and so are requests that pages of other sites make.
"""

import hmac
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike.serve.connection import MAX_HEAD_BYTES
from lookalike.serve.problems import ProblemError, problem_answer

# Probes, which carry no token, and what a browser loads before it can ask for one
OPEN_PATHS = {"/", "/docs", "/docs.css", "/openapi.json", "/healthz", "/readyz", "/favicon.ico"}
OPEN_PREFIXES = ("/page/", "/v2/health/")


class Guard:
    """Lets requests through, or answers 400, 401, 403 or 431."""

    def __init__(self, app: ASGIApp, host_names: list[str], token: str | None) -> None:
        self._app = app
        self._names = {"localhost", *map(str.lower, host_names)}
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope["path"], Headers(scope=scope))
            except ProblemError as error:
                await problem_answer(error, scope["path"])(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, path: str, headers: Headers) -> None:
        if sum(len(name) + len(value) for name, value in headers.raw) > MAX_HEAD_BYTES:
            raise ProblemError(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"the headers have more than {MAX_HEAD_BYTES} bytes",
                {"Connection": "close"},
            )
        hosts = headers.getlist("host")
        host = hosts[0] if hosts else ""
        if len(hosts) > 1:  # a proxy may have looked at another one than we do
            raise ProblemError(HTTPStatus.BAD_REQUEST, "Host: should be there once")
        if not self._is_ours(host):
            raise ProblemError(
                HTTPStatus.BAD_REQUEST,
                f"Host {host!r:.80}: this service does not go by that name; add it to "
                "serve.host_names",
            )
        origin = headers.get("origin")
        if origin is not None and _authority(origin) != host.lower():
            raise ProblemError(HTTPStatus.FORBIDDEN, "pages of other sites may not ask")
        if path not in OPEN_PATHS and not path.startswith(OPEN_PREFIXES):
            self._check_token(headers.get("authorization", ""))

    def _is_ours(self, host: str) -> bool:
        """An address cannot be rebound; a name has to be known."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._names or _is_address(name)

    def _check_token(self, authorization: str) -> None:
        if self._token is None:
            return
        scheme, _, given = authorization.partition(" ")
        known = hmac.compare_digest(given.strip().encode("latin-1"), self._token)
        if scheme.lower() != "bearer" or not known:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "a token is needed: Authorization: Bearer followed by LOOKALIKE_TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )


def _authority(origin: str) -> str:
    return origin.partition("://")[2].lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
