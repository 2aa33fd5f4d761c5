"""`POST /predict`: what looks like this?"""

from typing import Any

from fastapi import APIRouter, Request

from lookalike.serve.access import CurrentService
from lookalike.serve.problems import JsonAnswer
from lookalike.serve.queries import read_query
from lookalike.serve.refusals import SEARCHING
from lookalike.serve.schemas import PredictAnswer, PredictForm, PredictRequest

router = APIRouter(tags=["search"])

# Either of them; FastAPI itself knows of one body only
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": PredictForm.model_json_schema()},
            "application/json": {"schema": PredictRequest.model_json_schema()},
        },
    }
}


@router.post("/predict", response_model=PredictAnswer, responses=SEARCHING, openapi_extra=BODY)
async def predict(request: Request, service: CurrentService) -> JsonAnswer:
    """Find the indexed images most like uploaded images, indexed ones, a file or a URL."""
    with service.admission.place():
        asked = await read_query(request, service.settings.params)
        result = await service.search(asked.query, asked.options)
    return JsonAnswer(result.to_dict())
