"""What can be searched for: images in many forms, indexed images, vectors, and several examples."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeGuard

import numpy as np
from PIL import Image

from lookalike.core.errors import QueryError
from lookalike.core.secrets import without_secrets
from lookalike.search.download import Url, download

MAX_BYTES = 2**28  # of an image file, 256 MB

# The share of unlike examples: beta = 0.75 and gamma = 0.15, the values that Manning, Raghavan and
# Schütze ("Introduction to Information Retrieval", 2008, section 9.1.1) call reasonable
UNLIKE_SHARE = 0.15 / 0.75


@dataclass(frozen=True)
class ById:
    """An indexed image, by its id: the sha256 of its file."""

    id: str


@dataclass(frozen=True)
class Text:
    """What an image shows, in words; for models that know text."""

    text: str


Example = str | os.PathLike[str] | bytes | BinaryIO | Url | Image.Image | np.ndarray | ById | Text
KNOWN = str, os.PathLike, bytes, Url, Image.Image, np.ndarray, ById, Text


@dataclass(frozen=True, init=False)
class Like:
    """What looks like all of some examples, and unlike others.

    The query is the mean of the normalized examples minus 0.2 times the mean of the normalized
    ones to be unlike: relevance feedback (Rocchio: "Relevance feedback in information retrieval",
    in "The SMART retrieval system", 1971).

    Example:
        >>> Like("a.jpg", "b.jpg", unlike=["c.jpg"])
    """

    examples: tuple[Example, ...]
    unlike: tuple[Example, ...]

    def __init__(self, *examples: Example, unlike: Sequence[Example] = ()) -> None:
        object.__setattr__(self, "examples", examples)
        object.__setattr__(self, "unlike", tuple(unlike))


Query = Example | Like | Sequence[Example]


def as_like(query: Query) -> Like:
    """Any query as examples.

    Raises:
        QueryError: it is none, or there are no examples.
    """
    if isinstance(query, Like):
        like = query
    elif isinstance(query, list | tuple):
        like = Like(*query)
    else:
        like = Like(query)  # type: ignore[arg-type]  # a str is a sequence of str, too
    if not like.examples:
        raise QueryError("a search needs at least one example")
    for example in (*like.examples, *like.unlike):
        if not isinstance(example, KNOWN) and not _is_stream(example):
            raise QueryError(
                f"cannot search for {type(example).__name__}: give a path, bytes, a binary file, "
                "Url(...), a PIL image, a NumPy vector, ById(...), Text(...), or a list of these"
            )
    return like


def name_of(example: Example) -> str:
    """What messages call an example."""
    if isinstance(example, str | os.PathLike):
        return os.fspath(example)
    if isinstance(example, ById):
        return example.id
    if isinstance(example, Text):
        return f'"{example.text}"'
    if isinstance(example, Url):
        return without_secrets(example.address)
    if _is_stream(example):
        return str(getattr(example, "name", "the stream"))
    return "the vector" if isinstance(example, np.ndarray) else "the image"


def names_of(like: Like) -> str:
    """What messages call a query."""
    names = ", ".join(map(name_of, like.examples))
    return f"{names}; unlike {', '.join(map(name_of, like.unlike))}" if like.unlike else names


def combined(examples: np.ndarray, unlike: np.ndarray) -> np.ndarray:
    """The vector `[d]` of several examples, `[n, d]` and `[m, d]`; see `Like`.

    One example alone is searched for as it is.
    """
    if len(examples) == 1 and not len(unlike):
        one: np.ndarray = examples[0]
        return one
    mean = _normalized(examples).mean(axis=0)
    if len(unlike):
        mean = mean - UNLIKE_SHARE * _normalized(unlike).mean(axis=0)
    return np.asarray(mean, np.float32)


def read_bounded(example: str | os.PathLike[str] | BinaryIO | Url) -> bytes:
    """The content of an image file, at most 256 MB: regular, open, or on a web server.

    Raises:
        QueryError: it is larger, no regular file, or cannot be read.
    """
    name = name_of(example)
    if isinstance(example, Url):
        return download(example, name, MAX_BYTES)
    if _is_stream(example):
        try:
            return check_size(example.read(MAX_BYTES + 1), name)
        except OSError as error:
            raise QueryError(f"{name}: cannot be read ({error.strerror})") from None
    return _read_file(name)


def _read_file(path: str) -> bytes:
    try:
        # Asked before it is opened: a named pipe waits for its writer, a device may never end
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise QueryError(f"{path}: cannot be searched for: not a regular file")
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise QueryError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:  # a null character
        raise QueryError(f"{path!r}: cannot be read (not a path)") from None
    return check_size(data, path)


def check_size(data: bytes, name: str) -> bytes:
    """The same bytes.

    Raises:
        QueryError: there are too many of them.
    """
    if len(data) > MAX_BYTES:
        raise QueryError(f"{name}: cannot be searched for: more than {MAX_BYTES} bytes")
    return data


def _normalized(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit


def _is_stream(example: object) -> TypeGuard[BinaryIO]:
    """Whether it is a binary file that is open: whatever can be read from."""
    return hasattr(example, "read")
