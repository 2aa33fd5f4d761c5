"""The web page, and documentation that loads nothing from elsewhere."""

from html import escape
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from lookalike.serve.problems import ProblemError

PAGE = files("lookalike") / "page"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

router = APIRouter(include_in_schema=False)


@router.get("/")
def start() -> Response:
    """The web page."""
    return _file("index.html")


@router.get("/page/{name}")
def part(name: str) -> Response:
    """A style sheet or a module of the page."""
    return _file(name)


@router.get("/docs")
def documentation(request: Request) -> HTMLResponse:
    """Every route, from the OpenAPI document."""
    document = request.app.openapi()
    rows = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    title = escape(document["info"]["title"])
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="stylesheet" href="/docs.css"><h1>{title}</h1>'
        f'<p>All of it for programs: <a href="/openapi.json">openapi.json</a></p>{"".join(rows)}'
    )


@router.get("/docs.css")
def style() -> Response:
    """The style sheet of the documentation."""
    return Response(STYLE, media_type=MEDIA_TYPES[".css"])


STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
h2 { font: 600 1.1rem ui-monospace, monospace; margin-top: 2rem }
code { font-family: ui-monospace, monospace }
"""


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    answers = ", ".join(
        f"<code>{escape(status)}</code> {escape(answer['description'])}"
        for status, answer in operation["responses"].items()
    )
    parameters = ", ".join(
        f"<code>{escape(each['name'])}</code>" for each in operation.get("parameters", [])
    )
    bodies = ", ".join(
        f"<code>{escape(kind)}</code>"
        for kind in operation.get("requestBody", {}).get("content", {})
    )
    facts = {"Parameters": parameters, "Body": bodies, "Answers": answers}
    shown = "".join(f"<p>{name}: {value}</p>" for name, value in facts.items() if value)
    description = escape(operation.get("description", ""))
    return f"<h2>{method.upper()} {escape(path)}</h2><p>{description}</p>{shown}"


def _file(name: str) -> Response:
    file = PAGE / name
    media_type = MEDIA_TYPES.get(Path(name).suffix)
    if media_type is None or not file.is_file():
        raise ProblemError(HTTPStatus.NOT_FOUND, f"/{name:.64}: there is no such page")
    headers = {"Cache-Control": "no-cache"}
    return Response(file.read_bytes(), media_type=media_type, headers=headers)
