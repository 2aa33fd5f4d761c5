"""What the words of a command line ask for: files, folders, patterns, addresses and stdin."""

import glob
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from lookalike.core.errors import LookalikeError, QueryError
from lookalike.images.refusal import UndecodableImageError
from lookalike.images.signature import SIGNATURE_BYTES, check_signature
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.service_files import service_file
from lookalike.search.download import Url, is_web_address
from lookalike.search.queries import ById, Example, Like, Query, Text
from lookalike.terminal.listing import some_of
from lookalike.terminal.progress import say

STDIN = "-"


class Asked(NamedTuple):
    """The queries of a command line.

    Attributes:
        queries: in the order of the words.
        failures: words that stand for no image at all.
        several: whether they could be more than one: a folder may hold one image today.
    """

    queries: list[Query]
    failures: list[QueryError]
    several: bool


def queries_of(
    words: Sequence[str],
    ids: Sequence[str],
    like: Sequence[str],
    unlike: Sequence[str],
    texts: Sequence[str] = (),
) -> Asked:
    """The queries that words, ids and examples ask for; the examples are one query, the last.

    Texts are queries of their own, or beside `like` or `unlike` examples.
    """
    if [*words, *like, *unlike].count(STDIN) > 1:
        raise typer.BadParameter("- can be named once: stdin is one image")
    queries: list[Query] = []
    failures = []
    for word in words:
        try:
            queries += _examples(word)
        except QueryError as error:
            failures.append(error)
    queries += map(ById, ids)
    together = bool(like or unlike)
    if not together:
        queries += map(Text, texts)
    else:
        try:
            liked, unliked = ([x for w in some for x in _examples(w)] for some in (like, unlike))
            queries.append(Like(*liked, *map(Text, texts), unlike=unliked))
        except QueryError as error:
            failures.append(error)
    named = len(words) + len(ids) + (1 if together else len(texts))
    return Asked(queries, failures, named > 1 or any(map(_stands_for_several, words)))


def _examples(word: str) -> list[Example]:
    """The images that a word stands for.

    Raises:
        QueryError: there are none.
    """
    if word == STDIN:
        if sys.stdin.isatty():
            raise typer.BadParameter("-: pipe an image into stdin")
        return [sys.stdin.buffer]
    if is_web_address(word):
        return [Url(word)]
    if not _stands_for_several(word):
        return [word]
    is_folder = Path(word).is_dir()
    files = _in_folder(word) if is_folder else _matching(word)
    if not files:
        raise QueryError(f"{word}: {'holds no images' if is_folder else 'matches no file'}")
    return list(files)


def _stands_for_several(word: str) -> bool:
    if word == STDIN or is_web_address(word):
        return False
    return Path(word).is_dir() or (glob.has_magic(word) and not os.path.lexists(word))


def _matching(pattern: str) -> list[str]:
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 a Path loses "./"
    return [path for path in found if not Path(path).is_dir()]


def _in_folder(folder: str) -> list[str]:
    """Every file below that may be an image; how many others there are is said."""
    try:
        found = FolderSource(folder).candidates()
    except LookalikeError:
        raise QueryError(f"{folder}: holds no files") from None
    paths = [file.uri for file in found if service_file(file.path) is None]
    images = [path for path in paths if _may_be_an_image(Path(path))]
    if others := sorted(set(paths) - set(images)):
        say(f"{folder}: not searched for, because they are no images: {some_of(others)}")
    return images


def _may_be_an_image(path: Path) -> bool:
    """By its first bytes; what cannot be read may be one, so that the search names it."""
    try:
        if path.is_file():
            with path.open("rb") as file:
                check_signature(file.read(SIGNATURE_BYTES))
    except UndecodableImageError:
        return False
    except OSError:
        pass
    return True
