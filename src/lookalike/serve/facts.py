"""What the service knows as a whole: labels, columns, versions, the plane of all images."""

import gzip
from importlib.metadata import version
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lookalike.serve.access import CurrentService
from lookalike.serve.problems import JsonAnswer
from lookalike.serve.refusals import READING
from lookalike.serve.schemas import Columns, Labels, Version

MOST_VALUES = 100

router = APIRouter(tags=["facts"], responses=READING)


@router.get("/labels", response_model=Labels)
def labels(service: CurrentService) -> JsonAnswer:
    """Every label, and how many indexed images have it."""
    counts = pc.value_counts(service.bundle.searcher.gallery.images["label"]).to_pylist()
    named = sorted(
        (each["values"] is None, each["values"] or "", each["counts"]) for each in counts
    )
    return JsonAnswer(
        {"labels": [{"label": None if none else name, "images": n} for none, name, n in named]}
    )


@router.get("/columns", response_model=Columns)
def columns(service: CurrentService) -> JsonAnswer:
    """What a filter may name; the values of columns that have at most 100 different ones."""
    metadata = service.bundle.searcher.gallery.images
    return JsonAnswer({"columns": [_column(metadata, field) for field in metadata.schema]})


@router.get("/version", response_model=Version)
def about(service: CurrentService) -> JsonAnswer:
    """Which software, model and index answer."""
    bundle = service.bundle
    return JsonAnswer(
        {
            "version": version("lookalike"),
            **bundle.fingerprints,
            "engine": bundle.engine,
            "images": len(bundle.of_index.gallery),
            "classes": len(bundle.of_index.model.classes),
            "has_images": bundle.images is not None,
            "has_text": bundle.of_index.model.context_length is not None,
            "collects": service.collects,
        }
    )


@router.get("/projection", response_class=Response)
async def projection(request: Request, service: CurrentService) -> Response:
    """All indexed images in the plane, by their first two principal components."""
    bundle = service.bundle
    headers = {"ETag": f'"{bundle.index_sha256}"', "Cache-Control": "private, no-cache"}
    headers["Vary"] = "Accept-Encoding"
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = await run_in_threadpool(lambda: bundle.projection)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        content = await run_in_threadpool(gzip.decompress, content)
    return Response(content, media_type="application/json", headers=headers)


def _column(metadata: pa.Table, field: pa.Field) -> dict[str, Any]:
    values = pc.unique(metadata[field.name]).drop_null()
    return {
        "name": field.name,
        "type": "text" if field.type == pa.string() else "number",
        "values": sorted(values.to_pylist()) if len(values) <= MOST_VALUES else None,
    }
