"""A local folder as a source of images."""

import os
from pathlib import Path
from typing import Literal, NamedTuple

from lookalike.core.errors import LookalikeError

LabelRule = Literal["folder", "top_folder", "none"]


class Candidate(NamedTuple):
    """A file that may be an image; `path` is relative to the source, with `/` between folders."""

    path: str
    label: str | None


def list_folder(source: str, labels: LabelRule) -> list[Candidate]:
    """Every file below a folder, sorted by path.

    Links to folders are followed once: a link back to a folder that is being walked is not.

    Args:
        source: the folder.
        labels: what names an image: `folder`, the whole path of the folder it lies in (`cat`,
            `animals/cat`); `top_folder`, the first part of it; `none`. A file that lies in the
            source itself has no label.

    Raises:
        LookalikeError: there is no such folder, or it holds no files.
    """
    root = Path(source)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "there is no such folder"
        raise LookalikeError(f"ingest.source: {source}: {what}")
    candidates = [Candidate(path, _label(path, labels)) for path in sorted(_walk(root))]
    if not candidates:
        raise LookalikeError(f"ingest.source: {source}: holds no files")
    return candidates


def _walk(root: Path) -> list[str]:
    paths = []
    above: dict[str, set[str]] = {str(root): {os.path.realpath(root)}}
    for folder, subfolders, files in os.walk(root, followlinks=True):
        chain = above.pop(str(Path(folder)))  # "./a" as "a": the form of the keys
        for name in list(subfolders):
            target = os.path.realpath(Path(folder, name))
            if target in chain:
                subfolders.remove(name)
            else:
                above[str(Path(folder, name))] = chain | {target}
        paths += [Path(folder, name).relative_to(root).as_posix() for name in files]
    return paths


def _label(path: str, rule: LabelRule) -> str | None:
    folder, _, _ = path.rpartition("/")
    if rule == "none" or not folder:
        return None
    return folder if rule == "folder" else folder.partition("/")[0]
