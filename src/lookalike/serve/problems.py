"""Every answer that is no success: a status, and one line as JSON."""

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from lookalike.core.errors import LookalikeError, NotReadyError, QueryError, one_line
from lookalike.serve.request_id import request_id
from lookalike.serve.schemas import MODEL
from lookalike.terminal.printable import printable


class ProblemError(Exception):
    """A request that is refused.

    Args:
        status: of the answer.
        message: one line: what is wrong and, where it can be said, what to do.
        headers: of the answer.
    """

    def __init__(
        self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class Problem(BaseModel):
    """Why a request is refused."""

    message: str
    request_id: str


class ProblemAnswer(BaseModel):
    """The body of every answer that is no success."""

    error: Problem


class OpenAIProblem(BaseModel):
    """Why a request is refused, as OpenAI says it."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIProblemAnswer(BaseModel):
    """The body of a refusal below `/v1`."""

    error: OpenAIProblem


class InferenceProblemAnswer(BaseModel):
    """The body of a refusal below `/v2`, as the Open Inference Protocol has it."""

    error: str


class JsonAnswer(Response):
    """JSON in ASCII, so that text of any kind can be in it."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def problem_answer(error: ProblemError, path: str) -> Response:
    """The answer to a request that is refused, in the form of the protocol that its path is of."""
    message = printable(one_line(error, None))
    answer: BaseModel
    if f"{path}/".startswith("/v2/"):
        answer = InferenceProblemAnswer(error=message)
    elif path.startswith("/v1/"):
        kind = (
            "server_error"
            if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            else "invalid_request_error"
        )
        answer = OpenAIProblemAnswer(error=OpenAIProblem(message=message, type=kind))
    else:
        answer = ProblemAnswer(error=Problem(message=message, request_id=request_id.get()))
    return JsonAnswer(answer.model_dump(), error.status, error.headers)


def check_model(name: str) -> None:
    """Raise ProblemError unless a request of another protocol names the model that is served."""
    if name != MODEL:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{name!r:.80}: the model is {MODEL!r}")


def as_problem(error: ValidationError | RequestValidationError) -> ProblemError:
    """What a schema finds wrong first, with its place."""
    details = error.errors()[0]
    place = ".".join(str(part) for part in details["loc"] if part not in {"query", "path", "body"})
    message = details["msg"].removeprefix("Value error, ")
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if details["type"] == "json_invalid":
        status = HTTPStatus.BAD_REQUEST
    return ProblemError(status, f"{place}: {message}" if place else message)


def answer_problems(app: FastAPI) -> None:
    """Answer what is raised below with its status and one line."""

    @app.exception_handler(ProblemError)
    async def _refused(request: Request, error: ProblemError) -> Response:
        return problem_answer(error, request.scope["path"])

    @app.exception_handler(LookalikeError)
    async def _mendable(request: Request, error: LookalikeError) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        if isinstance(error, QueryError):
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        elif isinstance(error, NotReadyError):
            status = HTTPStatus.SERVICE_UNAVAILABLE
        return problem_answer(ProblemError(status, str(error)), request.scope["path"])

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        headers = None if error.headers is None else dict(error.headers)
        refused = ProblemError(status, error.detail, headers)
        return problem_answer(refused, request.scope["path"])

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_answer(as_problem(error), request.scope["path"])
