"""What users say of an answer: what an image really shows, and which hit is not like it."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter

from lookalike.collect.hard_negatives import HardNegative
from lookalike.serve.access import CurrentService
from lookalike.serve.problems import ProblemError
from lookalike.serve.refusals import CORRECTING
from lookalike.serve.schemas import Correction, UnlikePair

router = APIRouter(tags=["search"])


@router.post("/corrections", status_code=HTTPStatus.NO_CONTENT, responses=CORRECTING)
async def correct(correction: Correction, service: CurrentService) -> None:
    """Say what a collected image really shows."""
    with service.admission.place():
        await service.collecting().correct(
            correction.id, correction.label, service.bundle.fingerprints
        )


@router.post("/hard-negatives", status_code=HTTPStatus.NO_CONTENT, responses=CORRECTING)
async def add_hard_negative(pair: UnlikePair, service: CurrentService) -> None:
    """Say that a hit is not like the collected or indexed image that was searched for."""
    with service.admission.place():
        collector, bundle = service.collecting(), service.bundle
        gallery = (await asyncio.to_thread(lambda: bundle.searcher)).gallery
        if gallery.row_of(pair.hit) is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"{pair.hit}: no image of this id is indexed")
        indexed = gallery.row_of(pair.query) is not None
        said = HardNegative(pair.query, pair.hit)
        await collector.add_hard_negative(said, bundle.fingerprints, indexed)
