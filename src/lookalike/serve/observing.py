"""Every request has an id, a log line, its figures, and safe headers on its answer."""

import logging
from http import HTTPStatus
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.serve.logs import FIELDS
from lookalike.serve.metrics import ACTIVE_REQUESTS, REQUEST_DURATION, phases
from lookalike.serve.problems import ProblemError, problem_answer
from lookalike.serve.request_id import new_request_id, request_id

# What a page of this service may load: nothing from elsewhere
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}
FAILED = "the service failed; its log says more under this request_id"

logger = logging.getLogger("lookalike.serve")


class Observing:
    """The outermost layer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        status = 0
        request_id.set(new_request_id(Headers(scope=scope).get("x-request-id")))
        phases.set({})

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update({**HEADERS, "X-Request-Id": request_id.get()})
            await send(message)

        active = ACTIVE_REQUESTS.labels(_method(scope), scope["scheme"])
        active.inc()
        try:
            await self._app(scope, receive, send_observed)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if status:
                raise  # half of an answer is sent: the connection has to break
            failed = ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)
            await problem_answer(failed, scope["path"])(scope, receive, send_observed)
        finally:
            active.dec()
            _record(scope, status, perf_counter() - started)


def _record(scope: Scope, status: int, seconds: float) -> None:
    # The pattern of a path, not the path: there are as many series as routes
    route = getattr(scope.get("route"), "path", "")
    REQUEST_DURATION.labels(_method(scope), scope["scheme"], route, status).observe(seconds)
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        **{f"{phase}_ms": round(took * 1000, 2) for phase, took in phases.get().items()},
    }
    logger.info("request", extra={FIELDS: fields})


def _method(scope: Scope) -> str:
    """As OpenTelemetry has it: what a client makes up gives no series of its own."""
    method: str = scope["method"]
    return method if method in METHODS else "_OTHER"
