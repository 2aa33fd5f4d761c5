"""`POST /images` and `DELETE /images/{id}`: where it is allowed, searches change at once."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile

from lookalike.core.errors import QueryError
from lookalike.fresh.describing import Named, refusal
from lookalike.fresh.fresh_images import FreshImages
from lookalike.search.encoding import EncodedQuery
from lookalike.serve.access import CurrentService
from lookalike.serve.problems import JsonAnswer, ProblemError
from lookalike.serve.refusals import ADDING, READING_ONE
from lookalike.serve.request_bodies import documented
from lookalike.serve.schemas import MOST_EXAMPLES, AddedImages, AddForm
from lookalike.serve.service import Service
from lookalike.terminal.printable import printable

MOST_LABEL_BYTES = 1000
BODY = documented({"multipart/form-data": AddForm})

router = APIRouter(tags=["images"], prefix="/images")


@router.post("", response_model=AddedImages, responses=ADDING, openapi_extra=BODY)
async def add(request: Request, service: CurrentService) -> JsonAnswer:
    """Add images, all or none; searches find them from now on."""
    fresh = _allowed(service)
    with service.admission.place():
        images, label = await _read_form(request)
        outcomes = await asyncio.to_thread(fresh.outcomes, images)
        wanted = {image.id: image for image in images if outcomes[image.id] == "added"}
        encoded = await asyncio.gather(*(_encoded(service, each) for each in wanted.values()))
        embedded = list(zip(wanted.values(), encoded, strict=True))
        await asyncio.to_thread(fresh.keep, embedded, outcomes, label)
    answers = [
        {"id": image.id, "path": printable(image.name), "outcome": outcomes[image.id]}
        for image in images
    ]
    return JsonAnswer({"images": answers})


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT, responses=READING_ONE)
def remove(id: str, service: CurrentService) -> None:
    """Hide an image from searches, whether it was added or is the index's."""
    try:
        _allowed(service).remove([id])
    except QueryError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None


def _allowed(service: Service) -> FreshImages:
    fresh = service.bundle.fresh
    if not service.settings.params.add or service.settings.token is None or fresh is None:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "this service's images stay as they are: serve.add is not set, or there is no token",
        )
    return fresh


async def _read_form(request: Request) -> tuple[list[Named], str | None]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send multipart/form-data")
    limits = {"max_files": MOST_EXAMPLES, "max_fields": 1, "max_part_size": MOST_LABEL_BYTES}
    async with request.form(**limits) as form:
        if unknown := sorted(set(form) - {"file", "label"}):
            raise QueryError(f"{unknown[0]:.80}: there is no such field: send file and label")
        uploads = form.getlist("file")
        if not uploads or not all(isinstance(each, UploadFile) for each in uploads):
            raise QueryError("file: send at least one image file")
        images = [
            Named(each.filename or "upload", await each.read())
            for each in uploads
            if isinstance(each, UploadFile)
        ]
        label = form.get("label")
    if isinstance(label, UploadFile):
        raise QueryError("label: should be text")
    return images, label or None


async def _encoded(service: Service, image: Named) -> EncodedQuery:
    try:
        return await service.encode(service.bundle.of_index, image.file)
    except QueryError as error:
        raise refusal(image, error) from None
