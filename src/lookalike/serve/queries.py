"""From the body of a request to a query and its options."""

from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from lookalike.core.errors import QueryError
from lookalike.search.queries import ById, Example, Like, Text
from lookalike.serve.params import ServeParams
from lookalike.serve.problems import ProblemError, as_problem
from lookalike.serve.remote_images import fetch_image
from lookalike.serve.schemas import MOST_EXAMPLES, FormFields, PredictRequest, SearchOptions
from lookalike.serve.server_files import read_inside

MOST_FIELDS = 200
MOST_FIELD_BYTES = 2**20
REPEATED = {"like", "unlike"}


class Asked(NamedTuple):
    """What a request asks for."""

    query: Like
    options: SearchOptions
    collect: bool

    @property
    def images(self) -> list[bytes]:
        """The image files among its examples."""
        return [example for example in self.query.examples if isinstance(example, bytes)]


async def read_query(request: Request, params: ServeParams) -> Asked:
    """Read the body of `POST /predict`: a form with files, or JSON.

    Raises:
        ProblemError: it is neither, or its fields are wrong.
        QueryError: it names an image that is not to be had.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        limits = {"max_files": MOST_EXAMPLES, "max_fields": MOST_FIELDS}
        async with request.form(**limits, max_part_size=MOST_FIELD_BYTES) as form:
            return await _of_form(form)
    if kind == "application/json":
        return await _of_json(await request.body(), params)
    raise ProblemError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"Content-Type {kind!r:.80}: send multipart/form-data or application/json",
    )


async def _of_form(form: FormData) -> Asked:
    files: list[Example] = []
    fields: dict[str, str | list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name != "file":
                raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "files belong in 'file'")
            files.append(await value.read())
        elif name in REPEATED:
            fields[name] = [*fields.get(name, []), value]
        elif value:  # a page sends the empty fields, too
            fields[name] = value
    try:
        asked = FormFields.model_validate(fields)
    except ValidationError as error:
        raise as_problem(error) from None
    return _asked(files, asked)


async def _of_json(body: bytes, params: ServeParams) -> Asked:
    try:
        asked = PredictRequest.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise as_problem(error) from None
    examples: list[Example] = []
    if asked.id is not None:
        examples.append(ById(asked.id))
    elif asked.path is not None:
        root = None if params.images_root is None else Path(params.images_root)
        examples.append(read_inside(root, asked.path, params.max_upload_bytes))
    elif asked.url is not None:
        examples.append(
            await fetch_image(asked.url, params.url_hosts, params.max_upload_bytes, params.timeout)
        )
    return _asked(examples, asked)


def _asked(examples: list[Example], asked: FormFields) -> Asked:
    examples = [*examples, *map(ById, asked.like)]
    if asked.text is not None:
        examples.append(Text(asked.text))
    if not examples:
        raise QueryError("a search needs at least one example: a file, the id of an image, or text")
    options = SearchOptions(**asked.model_dump(include=set(SearchOptions.model_fields)))
    query = Like(*examples, unlike=[ById(each) for each in asked.unlike])
    return Asked(query, options, asked.collect)
