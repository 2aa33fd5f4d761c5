"""Which refusals the OpenAPI document names, by what a route does."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from lookalike.serve.problems import (
    InferenceProblemAnswer,
    OpenAIProblemAnswer,
    ProblemAnswer,
)

Responses = dict[int | str, dict[str, Any]]


def _refusals(*statuses: HTTPStatus) -> Responses:
    return {
        int(status): {"model": ProblemAnswer, "description": status.phrase} for status in statuses
    }


READING = _refusals(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
READING_ONE = {**READING, **_refusals(HTTPStatus.NOT_FOUND)}
RELOADING = {**READING, **_refusals(HTTPStatus.CONFLICT)}
SEARCHING = ADDING = {
    **READING,
    **_refusals(
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.TOO_MANY_REQUESTS,
    ),
}

CORRECTING = {**SEARCHING, **READING_ONE}


def as_said_by(answer: type[BaseModel], refusals: Responses) -> Responses:
    """The same refusals in the form of another protocol."""
    return {status: {**refusal, "model": answer} for status, refusal in refusals.items()}


PROBING = as_said_by(InferenceProblemAnswer, READING_ONE)
INFERRING = as_said_by(InferenceProblemAnswer, {**SEARCHING, **READING_ONE})
EMBEDDING = as_said_by(OpenAIProblemAnswer, {**SEARCHING, **READING_ONE})
