"""For operators: is it up, what does it measure, and take the new bundle."""

import os
from http import HTTPStatus
from signal import SIGHUP

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from lookalike.core.errors import LookalikeError
from lookalike.serve.access import CurrentService
from lookalike.serve.metrics import exposition
from lookalike.serve.problems import ProblemError
from lookalike.serve.refusals import READING, RELOADING
from lookalike.serve.reloading import Reloader

router = APIRouter(tags=["operations"], responses=READING)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(service: CurrentService) -> dict[str, str]:
    """Searches can be answered."""
    return {"status": "ready", "index": service.bundle.index_sha256}


@router.post("/reload", responses=RELOADING)
async def reload(request: Request, service: CurrentService) -> dict[str, str]:
    """Serve the model and the index that are in the folders now."""
    reloader: Reloader = request.app.state.reloader
    try:
        bundle = await reloader.reload()
    except LookalikeError as error:
        raise ProblemError(
            HTTPStatus.CONFLICT, f"the new bundle is refused, the old one serves on: {error}"
        ) from None
    if service.settings.params.workers > 1:
        os.kill(os.getppid(), SIGHUP)  # the supervisor tells the other processes
    return {"model": bundle.model_sha256, "index": bundle.index_sha256}


@router.get("/metrics", response_class=Response)
def metrics() -> Response:
    """Figures for Prometheus."""
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)
