"""Indexed images: the original, a thumbnail, and what is known of them."""

import re
from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, Request
from PIL import Image
from starlette.responses import Response

from lookalike.images.formats import identified
from lookalike.search.searchable import Searchable
from lookalike.serve.access import CurrentService
from lookalike.serve.problems import JsonAnswer, ProblemError
from lookalike.serve.refusals import READING_ONE
from lookalike.serve.schemas import Record

# An id is the sha256 of a file: what it stands for never changes
CACHED = "private, max-age=31536000, immutable"

router = APIRouter(tags=["images"], prefix="/images/{id}", responses=READING_ONE)


@router.get("", response_class=Response)
def original(id: str, request: Request, service: CurrentService) -> Response:
    """The file as it was ingested, where the service has the image store."""
    gallery = service.bundle.searcher.gallery
    row = _row(gallery, id)
    if (unchanged := _unchanged(request, id)) is not None:
        return unchanged
    data = service.bundle.original(id, row)
    if data is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "this service has no original images")
    media_type = Image.MIME.get(identified(data).format or "", "application/octet-stream")
    return _cached(data, media_type, id)


@router.get("/thumbnail", response_class=Response)
def thumbnail(id: str, request: Request, service: CurrentService) -> Response:
    """A small picture, WebP."""
    gallery = service.bundle.searcher.gallery
    data = gallery.thumbnail(_row(gallery, id))
    if data is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{id:.64}: has no thumbnail")
    tag = f"{id}-{service.bundle.index_sha256:.12}"  # another index may have larger ones
    return _unchanged(request, tag) or _cached(data, "image/webp", tag)


@router.get("/metadata", response_model=Record)
def metadata(id: str, service: CurrentService) -> JsonAnswer:
    """What is known of an image."""
    gallery = service.bundle.searcher.gallery
    (record,) = gallery.records([_row(gallery, id)])
    return JsonAnswer(record)


def _row(gallery: Searchable, id: str) -> int:
    row = gallery.row_of(id)
    if row is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{id:.64}: no image of this id is indexed")
    return row


def _unchanged(request: Request, tag: str) -> Response | None:
    known = re.findall(r'"([^"]*)"', request.headers.get("if-none-match", ""))
    if quote(tag) not in known:
        return None
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=_caching(tag))


def _cached(data: bytes, media_type: str, tag: str) -> Response:
    return Response(data, media_type=media_type, headers=_caching(tag))


def _caching(tag: str) -> dict[str, str]:
    # quoted, as an index that somebody else has made may have ids that are no sha256
    return {"ETag": f'"{quote(tag)}"', "Cache-Control": CACHED}
