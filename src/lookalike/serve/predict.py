"""`POST /predict`: what looks like this?"""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from lookalike.serve.access import CurrentService
from lookalike.serve.problems import JsonAnswer
from lookalike.serve.queries import read_query
from lookalike.serve.refusals import SEARCHING
from lookalike.serve.request_bodies import documented
from lookalike.serve.schemas import PredictAnswer, PredictForm, PredictRequest

router = APIRouter(tags=["search"])

BODY: dict[str, type[BaseModel]] = {
    "multipart/form-data": PredictForm,
    "application/json": PredictRequest,
}


@router.post(
    "/predict", response_model=PredictAnswer, responses=SEARCHING, openapi_extra=documented(BODY)
)
async def predict(request: Request, service: CurrentService) -> JsonAnswer:
    """Find the indexed images most like uploaded images, indexed ones, a file or a URL."""
    with service.admission.place():
        asked = await read_query(request, service.settings.params)
        collector = service.collecting() if asked.collect else None
        bundle = service.bundle
        answer = (await service.search(asked.query, asked.options)).to_dict()
        if collector is not None:
            known = {"predictions": answer["predictions"], **bundle.fingerprints}
            answer["collected"] = collector.offer(asked.images, known)
    return JsonAnswer(answer)
