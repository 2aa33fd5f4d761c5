"""Files of labels beside the images: found, read, and matched with the files that they name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from lookalike.core.errors import LookalikeError, shortened
from lookalike.core.hashing import sha256_of_file
from lookalike.core.regular_file import regular_bytes
from lookalike.ingest.label_table import FileNames, LabelRow, plain_path, read_label_rows, together
from lookalike.ingest.params import LabelFile
from lookalike.ingest.source import Candidate, Source, UnreadableError
from lookalike.terminal.listing import SHOWN, counted

# The names that Hugging Face gives them, and others; looked for in every folder.
USUAL_NAMES = {
    f"{name}.{kind}"
    for name in ("metadata", "labels")
    for kind in ("csv", "tsv", "jsonl", "parquet")
}


@dataclass
class Labels:
    """What label files say, by the path of the file in the source.

    Attributes:
        rows: of each file that is named.
        files: the label files.
        remarks: what a user should know, a line each.
    """

    rows: dict[str, LabelRow] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def has_labels(self) -> bool:
        return any(row.labels for row in self.rows.values())

    @property
    def has_splits(self) -> bool:
        return any(row.split for row in self.rows.values())


def read_labels(
    source: Source, listed: list[Candidate], images: list[str], params: LabelFile, root: Path
) -> Labels:
    """Read the label files that the parameters name, or that a source has under a usual name.

    Args:
        source: where the images are.
        listed: all that it lists.
        images: the paths of those that may be images.
        params: which file, and what its columns are called.
        root: what a label file outside of the source is relative to.

    Raises:
        LookalikeError: the one that is named cannot be read, or names no file of the source; or
            label files contradict each other.
    """
    labels = Labels()
    if params.path == "auto":
        unread: list[str] = []
        for candidate in listed:
            if candidate.path.rpartition("/")[2].lower() in USUAL_NAMES:
                try:
                    rows = read_label_rows(candidate.path, source.read(candidate), params)
                    _add(labels, candidate.path, rows, images)
                except (ValueError, UnreadableError) as error:
                    unread.append(shortened(f"{candidate.path} is not read for labels: {error}"))
        labels.remarks += unread[:SHOWN]
        if more := unread[SHOWN:]:
            labels.remarks.append(f"{counted(len(more), 'other file')} are not read for labels")
    elif params.path != "none":
        try:
            rows = read_label_rows(params.path, _named(source, listed, params, root), params)
            _add(labels, params.path, rows, images)
        except (ValueError, UnreadableError) as error:
            raise LookalikeError(f"ingest.label_file: {params.path}: {error}") from None
    labels.remarks += _remarks(labels, len(images))
    return labels


def _named(source: Source, listed: list[Candidate], params: LabelFile, root: Path) -> bytes:
    """The bytes of a label file in the source, or of one outside that is pinned by its hash."""
    inside = (c for c in listed if plain_path(params.path) == c.path or params.path == c.uri)
    if (candidate := next(inside, None)) is not None:
        return source.read(candidate)
    path = root / params.path
    if not path.is_file():
        raise ValueError("there is no such file, in the source or outside")
    found = sha256_of_file(path)
    if found != params.sha256:
        raise ValueError(
            "lies outside the source, so DVC does not watch it, and has the sha256 "
            f"{found}, but ingest.label_file.sha256 is {params.sha256 or 'null'}; pin this one, or "
            "get the right file"
        )
    return regular_bytes(path)


def _add(labels: Labels, name: str, rows: list[LabelRow], images: list[str]) -> None:
    """Match rows with files: they are named from the label file's folder, or from the top."""
    names = FileNames(images, (name.rpartition("/")[0], common_folder(images), ""))
    missing = []
    matched: dict[str, LabelRow] = {}
    for row in rows:
        if (path := names.find(row.path)) is None:
            missing.append(row.path)
        else:
            matched[path] = together(matched.get(path, row), row)
    if not matched and (by_name := _by_name(rows, images)):
        used = {row.path for row in by_name.values()}
        matched, missing = by_name, [row.path for row in rows if row.path not in used]
    if not matched:
        first = (
            f"; its first is {missing[0]!r}, the source's {images[0]!r}"
            if missing and images
            else ""
        )
        every = counted(len(rows), "row")
        raise ValueError(f"none of its {every} names a file of the source{first}")
    labels.rows |= {p: together(labels.rows.get(p, row), row) for p, row in matched.items()}
    labels.files.append(name)
    if missing:
        absent = counted(len(missing), "file")
        labels.remarks.append(
            f"{name} names {absent} that the source lacks; the first is {missing[0]!r}"
        )


def _by_name(rows: list[LabelRow], images: list[str]) -> dict[str, LabelRow]:
    """Rows matched by the names of files alone, for files that have moved; unless names repeat."""
    row_of = {row.path.rpartition("/")[2]: row for row in rows}
    path_of = {path.rpartition("/")[2]: path for path in images}
    if len(row_of) < len(rows) or len(path_of) < len(images):
        return {}
    return {path: row_of[name] for name, path in path_of.items() if name in row_of}


def _remarks(labels: Labels, images: int) -> Iterator[str]:
    if labels.has_labels:
        labeled = sum(bool(row.labels) for row in labels.rows.values())
        yield f"{', '.join(labels.files)}: the labels of {labeled} of {counted(images, 'file')}"
    if several := sum(len(row.labels) > 1 for row in labels.rows.values()):
        yield (
            f"several labels of {counted(several, 'file')}: the first is trained on, the column "
            "labels has all"
        )


def common_folder(paths: list[str]) -> str:
    """The innermost folder that holds all files; empty for the top."""
    folders = {tuple(path.split("/")[:-1]) for path in paths}
    if not folders:
        return ""
    shared = takewhile(lambda names: len(set(names)) == 1, zip(*folders, strict=False))
    return "/".join(names[0] for names in shared)
