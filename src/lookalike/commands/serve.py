"""`lookalike serve` and `lookalike open`: search over HTTP, and on a web page."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.extras import extra
from lookalike.core.layout import find_index, find_project


def serve(
    host: Annotated[str | None, typer.Option(help="Address; default serve.host.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; default serve.port; 0: a free one.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; default serve.workers.")] = None,
    store: Annotated[
        str | None, typer.Option(help="Search what is published there; default serve.store.")
    ] = None,
    allow_anonymous: Annotated[
        bool,
        typer.Option("--allow-anonymous", help="Listen beyond this machine without a token, too."),
    ] = False,
    rev: Annotated[
        str | None,
        typer.Option(help="Serve this stage or version of the model registry, or Git revision."),
    ] = None,
) -> None:
    """Answer searches over HTTP; LOOKALIKE_TOKEN is what clients have to show, where it is set."""
    with extra("serve"):
        from lookalike.serve.command import serve_project

    given = {"host": host, "port": port, "workers": workers, "store": store}
    project = find_index(Path()) if rev is None else find_project(Path())
    serve_project(project, given, allow_anonymous, rev=rev)


def open_page() -> None:
    """Open the web page to search from in a browser; Ctrl-C ends its service."""
    with extra("serve"):
        from lookalike.serve.command import serve_project

    alone = {"host": "127.0.0.1", "port": 0, "workers": 1}
    serve_project(find_index(Path()), alone, show=True)
