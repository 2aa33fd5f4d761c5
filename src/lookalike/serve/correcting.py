"""`POST /corrections`: what does an image that was collected really show?"""

from http import HTTPStatus

from fastapi import APIRouter

from lookalike.serve.access import CurrentService
from lookalike.serve.refusals import CORRECTING
from lookalike.serve.schemas import Correction

router = APIRouter(tags=["search"])


@router.post("/corrections", status_code=HTTPStatus.NO_CONTENT, responses=CORRECTING)
async def correct(correction: Correction, service: CurrentService) -> None:
    """Say what a collected image really shows."""
    with service.admission.place():
        await service.collecting().correct(
            correction.id, correction.label, service.bundle.fingerprints
        )
