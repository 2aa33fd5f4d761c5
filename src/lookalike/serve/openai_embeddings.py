"""`POST /v1/embeddings`: embeddings in the form that clients of OpenAI know."""

import asyncio
from base64 import b64encode
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from lookalike.core.errors import QueryError
from lookalike.serve.access import CurrentService
from lookalike.serve.encoded_images import image_of_text
from lookalike.serve.problems import JsonAnswer, as_problem, check_model
from lookalike.serve.refusals import EMBEDDING
from lookalike.serve.request_bodies import documented
from lookalike.serve.schemas import MODEL, MOST_EXAMPLES

router = APIRouter(tags=["openai"], responses=EMBEDDING)


def _as_list(given: Any) -> Any:
    """A single input is a list of one."""
    return [given] if isinstance(given, str) else given


class EmbeddingsRequest(BaseModel):
    """Images to embed: data URIs such as `data:image/jpeg;base64,…`."""

    model: str = Field(description=f"`{MODEL}`.")
    input: Annotated[
        list[str],
        Field(min_length=1, max_length=MOST_EXAMPLES),
        BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
    ]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(default=None, description="That of the model, if given.")


class Embedding(BaseModel):
    """Of one image, of length 1; Base64 is of little-endian float32."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """No tokens: images have none."""

    prompt_tokens: int = 0
    total_tokens: int = 0


class EmbeddingsAnswer(BaseModel):
    """An embedding for each input, in their order."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str = MODEL
    usage: Usage = Usage()


@router.post(
    "/v1/embeddings",
    response_model=EmbeddingsAnswer,
    openapi_extra=documented({"application/json": EmbeddingsRequest}),
)
async def embeddings(request: Request, service: CurrentService) -> JsonAnswer:
    """Embed images."""
    with service.admission.place():
        try:
            asked = EmbeddingsRequest.model_validate_json(await request.body(), strict=True)
        except ValidationError as error:
            raise as_problem(error) from None
        searcher = service.bundle.searcher
        _check(asked, searcher.gallery.dimension)
        files = [image_of_text(text) for text in asked.input]
        encoded = await asyncio.gather(*(service.encode(searcher, file) for file in files))
    data = [
        Embedding(index=index, embedding=_written(query.vector, asked.encoding_format))
        for index, query in enumerate(encoded)
    ]
    return JsonAnswer(EmbeddingsAnswer(data=data).model_dump())


def _check(asked: EmbeddingsRequest, dimension: int) -> None:
    check_model(asked.model)
    if asked.dimensions not in (None, dimension):
        raise QueryError(f"dimensions: embeddings of this model have {dimension}")


def _written(vector: np.ndarray, encoding: Literal["float", "base64"]) -> list[float] | str:
    unit = vector / max(float(np.linalg.norm(vector)), float(np.finfo(np.float32).tiny))
    if encoding == "base64":
        return b64encode(unit.astype("<f4").tobytes()).decode("ascii")
    numbers: list[float] = unit.tolist()
    return numbers
