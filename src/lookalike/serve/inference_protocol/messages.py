"""The bodies of requests and answers: JSON, and behind it binary data where there are any."""

import re
from http import HTTPStatus
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from lookalike.core.errors import QueryError
from lookalike.serve.inference_protocol.schemas import InferAnswer, InferRequest
from lookalike.serve.inference_protocol.tensors import written
from lookalike.serve.problems import JsonAnswer, ProblemError, as_problem

JSON_LENGTH = "Inference-Header-Content-Length"
LENGTH = re.compile(r"\d{1,12}", re.ASCII)


class Message(NamedTuple):
    """What a client asks, and the data of its input where they are binary."""

    asked: InferRequest
    binary: bytes | None


async def read_message(request: Request) -> Message:
    """Read the body of `POST …/infer`.

    Raises:
        ProblemError: it is not what the protocol says.
        QueryError: as many binary data as are announced are not there.
    """
    body = await request.body()
    length = request.headers.get(JSON_LENGTH, str(len(body)))
    if not LENGTH.fullmatch(length) or int(length) > len(body):
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"{JSON_LENGTH}: {length:.40} is no length")
    end = int(length)
    try:
        asked = InferRequest.model_validate_json(body[:end], strict=True)
    except ValidationError as error:
        raise as_problem(error) from None
    tensor = asked.inputs[0]
    announced = tensor.parameters.binary_data_size
    if len(body) - end != (announced or 0):
        raise QueryError(f"{tensor.name}: {len(body) - end} bytes come behind the JSON")
    if (tensor.data is None) == (announced is None):
        raise QueryError(f"{tensor.name}: give data, in JSON or behind it")
    return Message(asked, None if announced is None else body[end:])


def write_answer(
    answer: InferAnswer, asked: InferRequest, outputs: dict[str, np.ndarray]
) -> Response:
    """The answer with its outputs, each in JSON or behind it as was asked."""
    binary = {each.name: each.parameters.binary_data for each in asked.outputs}
    blobs = []
    for name, values in outputs.items():
        chosen = binary.get(name)
        as_binary = asked.parameters.binary_data_output if chosen is None else chosen
        tensor, blob = written(name, values, as_binary)
        answer.outputs.append(tensor)
        blobs.append(blob)
    content: dict[str, Any] = answer.model_dump(exclude_none=True)
    json = JsonAnswer(content)
    if not any(each.parameters for each in answer.outputs):
        return json
    return Response(
        bytes(json.body) + b"".join(blobs),
        media_type="application/octet-stream",
        headers={JSON_LENGTH: str(len(json.body))},
    )
