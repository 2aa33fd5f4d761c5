"""For operators: is it up, what does it measure, and take the new bundle."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from lookalike.serve.access import CurrentService
from lookalike.serve.metrics import exposition
from lookalike.serve.refusals import READING

router = APIRouter(tags=["operations"], responses=READING)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(service: CurrentService) -> dict[str, str]:
    """Searches can be answered."""
    return {"status": "ready", "index": service.bundle.index_sha256}


@router.get("/metrics", response_class=Response)
def metrics() -> Response:
    """Figures for Prometheus."""
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)
