"""The endpoints below `/v2`."""

import asyncio
from http import HTTPStatus
from importlib.metadata import version

from fastapi import APIRouter, Request
from starlette.responses import Response

from lookalike.core.errors import QueryError
from lookalike.search.encoding import EncodedQuery
from lookalike.search.searcher import Searcher
from lookalike.serve.access import CurrentService
from lookalike.serve.bundle import Bundle
from lookalike.serve.encoded_images import image_of_text
from lookalike.serve.inference_protocol.messages import Message, read_message, write_answer
from lookalike.serve.inference_protocol.outputs import chosen, computed, described
from lookalike.serve.inference_protocol.schemas import (
    InferAnswer,
    InferRequest,
    Live,
    ModelMetadata,
    ModelReady,
    Ready,
    ServerMetadata,
    TensorMetadata,
)
from lookalike.serve.inference_protocol.tensors import NUMBERS, elements, numbers
from lookalike.serve.problems import ProblemError, check_model
from lookalike.serve.refusals import INFERRING, PROBING
from lookalike.serve.request_bodies import documented
from lookalike.serve.schemas import MODEL, MOST_EXAMPLES
from lookalike.serve.service import Service

MODEL_PATH = "/models/{name}"
VERSION_PATH = "/models/{name}/versions/{model_version}"
BODY = documented({"application/json": InferRequest})

router = APIRouter(tags=["open inference protocol"], prefix="/v2", responses=PROBING)


@router.get("/health/live")
async def live() -> Live:
    """The process answers."""
    return Live(live=True)


@router.get("/health/ready")
async def ready() -> Ready:
    """Images can be embedded and searched for."""
    return Ready(ready=True)


@router.get("")
async def server() -> ServerMetadata:
    """Which server this is."""
    return ServerMetadata(
        name="lookalike", version=version("lookalike"), extensions=["binary_tensor_data"]
    )


@router.get(VERSION_PATH)
@router.get(MODEL_PATH)
async def model(service: CurrentService, name: str, model_version: str = "") -> ModelMetadata:
    """What the model takes and gives."""
    bundle = _bundle(service, name, model_version)
    description = bundle.searcher.model
    side = description.image_size.crop
    return ModelMetadata(
        name=MODEL,
        versions=[_version(bundle)],
        platform="lookalike",
        inputs=[
            TensorMetadata(name="image", datatype="BYTES", shape=[-1]),
            TensorMetadata(
                name="pixels", datatype="FP32", shape=[-1, description.channels, side, side]
            ),
        ],
        outputs=described(bundle.searcher),
    )


@router.get(f"{VERSION_PATH}/ready")
@router.get(f"{MODEL_PATH}/ready")
async def model_ready(service: CurrentService, name: str, model_version: str = "") -> ModelReady:
    """The model can infer."""
    _bundle(service, name, model_version)
    return ModelReady(name=MODEL, ready=True)


@router.post(
    f"{VERSION_PATH}/infer", response_model=InferAnswer, responses=INFERRING, openapi_extra=BODY
)
@router.post(
    f"{MODEL_PATH}/infer", response_model=InferAnswer, responses=INFERRING, openapi_extra=BODY
)
async def infer(
    request: Request, service: CurrentService, name: str, model_version: str = ""
) -> Response:
    """Embed images, and find what looks like them.

    The input is one of two: `image`, encoded files as BYTES (in JSON, Base64), or `pixels`, FP32
    or UINT8, resized and cropped as the model takes them and not normalized.
    """
    with service.admission.place():
        bundle = _bundle(service, name, model_version)
        message = await read_message(request)
        asked = message.asked
        names = chosen(bundle.searcher, [output.name for output in asked.outputs])
        encoded = await _encoded(service, bundle.searcher, message)
        outputs = await computed(service, bundle.searcher, encoded, names, asked.parameters.k)
    answer = InferAnswer(model_name=MODEL, model_version=_version(bundle), id=asked.id, outputs=[])
    return write_answer(answer, asked, outputs)


async def _encoded(service: Service, searcher: Searcher, message: Message) -> list[EncodedQuery]:
    """The images of a request, embedded together."""
    (tensor,) = message.asked.inputs
    if not (tensor.shape and 1 <= tensor.shape[0] <= MOST_EXAMPLES):
        raise QueryError(f"{tensor.name}: its first dimension is 1 to {MOST_EXAMPLES} images")
    match tensor.name, tensor.datatype:
        case "image", "BYTES":
            files = [
                image_of_text(each) if isinstance(each, str) else each
                for each in elements(tensor, message.binary)
            ]
            return await asyncio.gather(*(service.encode(searcher, file) for file in files))
        case "pixels", datatype if datatype in NUMBERS:
            prepared = [searcher.prepare_pixels(each) for each in numbers(tensor, message.binary)]
            return await asyncio.gather(*(service.embed(searcher, each) for each in prepared))
    raise QueryError("the input is 'image' of BYTES, or 'pixels' of FP32 or UINT8")


def _bundle(service: Service, name: str, model_version: str) -> Bundle:
    bundle = service.bundle
    check_model(name)
    if model_version not in ("", _version(bundle)):
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"{model_version!r:.80}: version {_version(bundle)} of the model is served",
        )
    return bundle


def _version(bundle: Bundle) -> str:
    """The beginning of the model's fingerprint."""
    return bundle.model_sha256[:12]
