"""What changed in the data between two revisions: images added, removed, relabeled, moved."""

import csv
from collections import Counter
from io import StringIO
from typing import NamedTuple

from lookalike.compare.snapshot import Snapshot


class Sample(NamedTuple):
    """An image of the split."""

    path: str
    label: str
    split: str


class DataChange(NamedTuple):
    """One image that is not what or where it was; None: it is not in that revision."""

    id: str
    before: Sample | None
    after: Sample | None

    @property
    def kinds(self) -> list[str]:
        """Which of `added`, `removed`, `relabeled` and `moved` it is."""
        if self.before is None or self.after is None:
            return ["added" if self.before is None else "removed"]
        return [
            kind
            for kind, changed in (
                ("relabeled", self.before.label != self.after.label),
                ("moved", self.before.split != self.after.split),
            )
            if changed
        ]

    @property
    def label(self) -> str:
        """The class that it has now, or had last."""
        sample = self.after or self.before
        assert sample is not None
        return sample.label

    @property
    def path(self) -> str:
        """Where it is in the source, or was last."""
        sample = self.after or self.before
        assert sample is not None
        return sample.path


KINDS = ("added", "removed", "relabeled", "moved")


def read_samples(snapshot: Snapshot) -> dict[str, Sample] | None:
    """The split of a revision by image id; None where its file has to be pulled."""
    if (path := snapshot.output(snapshot.project.split)) is None:
        return None
    rows = csv.DictReader(StringIO(path.read_text(encoding="utf-8"), newline=""))
    return {row["id"]: Sample(row["path"], row["label"], row["split"]) for row in rows}


def data_changes(before: dict[str, Sample], after: dict[str, Sample]) -> list[DataChange]:
    """The images that differ, by class, path and id; one that only has another path does not."""
    changes = [DataChange(id, before.get(id), after.get(id)) for id in before.keys() | after.keys()]
    return sorted(
        (change for change in changes if change.kinds),
        key=lambda change: (change.label, change.path, change.id),
    )


def counts_by_class(changes: list[DataChange]) -> dict[str, dict[str, int]]:
    """How many images of each class changed, by kind."""
    counts: dict[str, Counter[str]] = {}
    for change in changes:
        counts.setdefault(change.label, Counter()).update(change.kinds)
    return {
        label: {kind: number[kind] for kind in KINDS if number[kind]}
        for label, number in sorted(counts.items())
    }
