"""What a source's listing says before any file is opened: which files may be images, and of which
class and subset; and which are something else by their names.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

import pyarrow as pa

from lookalike.images.exif import exif_fields
from lookalike.images.split_file import SUBSETS
from lookalike.images.subset_names import subset_named
from lookalike.ingest.folder_labels import label_of
from lookalike.ingest.frames import FRAME_COLUMNS, TIME
from lookalike.ingest.further_columns import all_columns, with_types
from lookalike.ingest.label_files import Labels, read_labels
from lookalike.ingest.params import IngestParams
from lookalike.ingest.rejection import Rejection, rejection
from lookalike.ingest.service_files import service_file
from lookalike.ingest.sidecars import is_video, sidecar
from lookalike.ingest.source import Candidate, Source
from lookalike.ingest.split_folders import SplitFolders, find_split_folders
from lookalike.terminal.listing import counted, some_of


@dataclass(frozen=True)
class Manifest:
    """Every file of a source, once.

    Attributes:
        candidates: what may be images, sorted by path, with labels and splits.
        set_aside: the others, sorted by path: what is no image of the data set by its name is
            listed, never opened and never counted.
        split_folders: whether the candidates have their splits from folders.
        columns: what else label files, and EXIF on request, say of them.
        remarks: what a user should know of how this was understood, a line each.
    """

    candidates: list[Candidate]
    set_aside: list[Rejection] = field(default_factory=list)
    split_folders: bool = False
    columns: list[pa.Field] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def files(self) -> int:
        """How many files the source lists."""
        return len(self.candidates) + len(self.set_aside)

    @property
    def to_read(self) -> int | None:
        """How many images there are to read; None with videos, whose frames are not known yet."""
        videos = any(is_video(candidate.path) for candidate in self.candidates)
        return None if videos else len(self.candidates)

    def describe(self) -> str:
        """As in `14 files in 2 classes, 8/3/3 by the folders train, valid, test`."""
        classes = {candidate.label for candidate in self.candidates} - {None}
        text = f"{counted(len(self.candidates), 'file')} "
        text += f"in {counted(len(classes), 'class')}" if classes else "without a label"
        splits = Counter(c.source_split for c in self.candidates if c.source_split is not None)
        if splits:
            names = sorted(splits, key=_subset_order)
            counts = "/".join(str(splits[name]) for name in names)
            kind = "folders" if self.split_folders else "splits"
            text += f", {counts} by the {kind} {', '.join(names)}"
        return text

    def lines(self) -> list[str]:
        """What a user should know, a line each: the remarks, and what is set aside."""
        kinds = Counter(file.kind for file in self.set_aside)
        counts = [counted(number, kind) for kind, number in sorted(kinds.items())]
        if not counts:
            return self.remarks
        return [*self.remarks, f"by their names no images, and not counted: {', '.join(counts)}"]


def make_manifest(source: Source, params: IngestParams, root: Path = Path()) -> Manifest:
    """List a source and understand the names of its files.

    Args:
        source: what `open_source` opened.
        params: how folders and label files are to be read.
        root: the project's folder, which `ingest.label_file.path` is relative to.

    Raises:
        LookalikeError: the source cannot be listed or is empty, or its label file cannot be read.
    """
    listed = source.candidates()
    if not source.has_folders:
        return _manifest(listed, [], False, [], params)
    found, set_aside = _without_others(listed, params.video_fps is not None)
    labels = Labels()
    if params.label_file.path != "auto" or params.labels != "none":
        paths = [candidate.path for candidate in found]
        labels = read_labels(source, listed, paths, params.label_file, root)
    split_folders = None
    if params.split_folders == "auto" and not labels.has_splits:
        split_folders = find_split_folders({_folders(candidate.path) for candidate in found})
    arranged = [_arranged(candidate, params, labels, split_folders) for candidate in found]
    remarks = labels.remarks
    if split_folders is not None:
        beside = [c for c in arranged if c.source_split is None]
        if beside:
            remarks.append(
                f"{len(beside)} files lie beside the folders {', '.join(split_folders.names)} and "
                f"have no split, nor a label by their folder; the first is {beside[0].path!r}"
            )
    return _manifest(arranged, set_aside, split_folders is not None, remarks, params)


def _without_others(
    listed: list[Candidate], videos: bool
) -> tuple[list[Candidate], list[Rejection]]:
    """The files that may be images, and videos where they are wanted; and the others."""
    candidates, set_aside = [], []
    stills = {_stem(file.path) for file in listed if not sidecar(file.path)} if videos else set()
    for candidate in listed:
        path = candidate.path
        if reason := service_file(path):
            set_aside.append(rejection(candidate, reason, candidate.bytes, "service file"))
        elif videos and is_video(path) and _stem(path) not in stills:
            candidates.append(candidate)
        elif reason := sidecar(path):
            set_aside.append(rejection(candidate, reason, candidate.bytes, "sidecar"))
        else:
            candidates.append(candidate)
    return candidates, set_aside


def _stem(path: str) -> str:
    """A path without its suffix: the same for both parts of a Live Photo."""
    return path.rpartition(".")[0]


def _order(candidate: Candidate) -> str:
    """What candidates are sorted by: a video comes where its frames will, by their paths."""
    return f"{candidate.path}{TIME}" if is_video(candidate.path) else candidate.path


def _arranged(
    candidate: Candidate, params: IngestParams, labels: Labels, split_folders: SplitFolders | None
) -> Candidate:
    """A candidate with the label and the split that label files or its folders give it."""
    folders = _folders(candidate.path)
    row = labels.rows.get(candidate.path)
    split = row.split if row else None
    if split_folders is not None:
        split = split_folders.split_of(folders)
        folders = split_folders.folders_without(folders)
    label = label_of(folders, params.labels)
    if labels.has_labels:
        label = row.label if row else None
    columns = row.columns if row else candidate.columns
    return candidate._replace(label=label, source_split=split, columns=columns)


def _manifest(
    candidates: list[Candidate],
    set_aside: list[Rejection],
    split_folders: bool,
    remarks: list[str],
    params: IngestParams,
) -> Manifest:
    """A manifest whose labels have one spelling, composed Unicode (NFC), and columns one type."""
    composed = [
        c if c.label is None else c._replace(label=normalize("NFC", c.label)) for c in candidates
    ]
    changed = {new.label for old, new in zip(candidates, composed, strict=True) if old != new}
    if changed:
        names = some_of(sorted(label for label in changed if label))
        remarks = [*remarks, f"labels in decomposed Unicode are written as composed: {names}"]
    typed, of_files = with_types(composed)
    of_images = exif_fields(params.exif)
    if params.video_fps is not None:
        of_images += FRAME_COLUMNS
        typed.sort(key=_order)
        videos = counted(sum(is_video(candidate.path) for candidate in typed), "video")
        remarks = [*remarks, f"{videos}, frames taken of each second: {params.video_fps:g}"]
    return Manifest(typed, set_aside, split_folders, all_columns(of_files, of_images), remarks)


def _folders(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[:-1])


def _subset_order(name: str) -> tuple[int, str]:
    subset = subset_named(name)
    return (SUBSETS.index(subset) if subset else len(SUBSETS), name)
