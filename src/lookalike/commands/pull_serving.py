"""`lookalike pull-serving` and `lookalike fingerprints`: what a container serves."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.errors import LookalikeError
from lookalike.core.extras import extra
from lookalike.core.layout import Layout, find_index, find_project
from lookalike.revisions.lock_file import LOCK, lock_bytes
from lookalike.terminal.output import print_lines


def pull_serving(
    remote: Annotated[
        str, typer.Argument(help="Address of DVC's remote: s3://bucket/prefix, or a folder.")
    ],
    lock: Annotated[Path, typer.Option(help="The dvc.lock that names what to bring.")] = LOCK,
    rev: Annotated[
        str | None,
        typer.Option(help="Take that of a stage or version of the registry, or a Git revision."),
    ] = None,
    images: Annotated[bool, typer.Option("--images", help="Bring the originals, too.")] = False,
    output: Annotated[Path, typer.Option("-o", help="The project's folder.")] = Path(),
) -> None:
    """Bring model and index from DVC's remote, without DVC: what lookalike serve needs.

    What is there already and the same stays; a running service takes what is new by itself.
    """
    with extra("pull"):
        from lookalike.pull import pulling
        from lookalike.pull.remote import Remote

    name = str(lock) if rev is None else f"{rev}:{lock}"
    text = lock_bytes(lock) if rev is None else _read_revision(rev, lock)
    print_lines(pulling.pull_serving(Remote(remote), text, name, Layout(output), images).lines())


def fingerprints() -> None:
    """Print the fingerprints of the model and the index, as GET /version gives them."""
    from lookalike.pull.fingerprints import fingerprints

    print_lines(fingerprints(find_index(Path())).lines())


def _read_revision(rev: str, lock: Path) -> bytes:
    from lookalike.revisions.git import file_at
    from lookalike.revisions.registry import resolve

    root = find_project(Path()).root
    revision = resolve(root, rev)
    if (content := file_at(root, revision.commit, lock)) is None:
        raise LookalikeError(f"{revision}: has no {lock}")
    return content
