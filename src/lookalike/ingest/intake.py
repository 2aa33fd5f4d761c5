"""Every candidate becomes a row of the image store or a rejection; nothing is dropped silently."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lookalike.core.errors import LookalikeError
from lookalike.images.inspect import Inspection
from lookalike.ingest.copies import Copies, Copy
from lookalike.ingest.corrections import DROP, RELABEL, Corrections, relabeled
from lookalike.ingest.examine import Examined
from lookalike.ingest.manifest import Manifest
from lookalike.ingest.rejection import Rejection, rejection
from lookalike.ingest.source import Candidate


@dataclass
class Intake:
    """The rows of the image store, in the order of their paths, and what happened to other files.

    Iterate over `rows` once; the rest is complete when it ends.

    Args:
        manifest: the files of the source.
        equal_channels: refuse images with another number of channels than the first.
        corrections: what people have decided about images.

    Attributes:
        refused: what is no usable image.
        dropped: what the corrections leave out.
        relabeled: how many files have their label from the corrections.
        copies: which of equal files is kept. Rows that it has superseded are to be left out again.
    """

    manifest: Manifest
    equal_channels: bool = False
    corrections: Corrections = field(default_factory=Corrections)
    channels: int | None = None
    refused: list[Rejection] = field(default_factory=list)
    dropped: list[Rejection] = field(default_factory=list)
    relabeled: int = 0
    copies: Copies = field(default_factory=Copies)

    def rows(self, files: Iterable[Examined]) -> Iterator[dict[str, Any]]:
        """Yield a row for each usable image; of equal files, for the one that is kept."""
        for candidate, data, found in files:
            id = None if isinstance(found, str) else found.id
            correction = self.corrections.find(candidate.path, id)
            if correction is not None and correction.action == DROP:
                reason = f"dropped by {self.corrections.name}"
                self.dropped.append(rejection(candidate, reason, candidate.bytes, "dropped"))
                continue
            if correction is not None and correction.action == RELABEL:
                candidate = relabeled(candidate, correction.label)
                self.relabeled += 1
            if isinstance(found, str):
                self.refused.append(rejection(candidate, found, candidate.bytes))
            elif self.equal_channels and found.channels != (self.channels or found.channels):
                reason = f"{found.channels} bands, but the first image has {self.channels}"
                self.refused.append(rejection(candidate, reason, len(data)))
            elif self.copies.keeps(Copy(candidate, found.id, len(data))):
                self.channels = self.channels or found.channels
                yield _row(candidate, found, data)

    def rejections(self) -> list[Rejection]:
        """Every file that is not in the store, sorted by path; paths are printable."""
        apart = [*self.dropped, *self.manifest.set_aside]
        rejected = [*self.refused, *self.copies.rejections(), *apart]
        return [each.printable() for each in sorted(rejected, key=lambda each: each.path)]

    def check_complete(self, added: int = 0) -> None:
        """Raise LookalikeError unless every file of the source is a row or a rejection.

        And unless the corrections have left any image.

        Args:
            added: how many more files videos have become.
        """
        rows, rejected = len(self.copies.kept), len(self.rejections())
        if self.dropped and rows == 0:
            raise LookalikeError(f"{self.corrections.name}: drops every image of the source")
        files = self.manifest.files + added
        if rows + rejected != files:
            raise LookalikeError(
                f"{files} files were listed, but {rows} are in the image store and "
                f"{rejected} in data/rejected.csv: a fault of lookalike, please report it"
            )

    def summary(self) -> dict[str, int]:
        """The counts, under the keys of `metrics/ingest.json`."""
        labels = Counter(copy.candidate.label for copy in self.copies.kept.values())
        aside = Counter(file.kind for file in self.manifest.set_aside)
        return {
            "images": len(self.copies.kept),
            "classes": len(labels.keys() - {None}),
            "unlabeled": labels[None],
            "bytes": sum(copy.bytes for copy in self.copies.kept.values()),
            "rejected": len(self.refused),
            "dropped": len(self.dropped),
            "relabeled": self.relabeled,
            "corrections_without_image": len(self.corrections.without_image()),
            "duplicates": len(self.copies.others),
            "duplicates_with_another_label": self.copies.with_another_label(),
            "duplicates_across_splits": self.copies.across_splits(),
            "service_files": aside["service file"],
            "sidecars": aside["sidecar"],
        }


def _row(candidate: Candidate, found: Inspection, data: bytes) -> dict[str, Any]:
    return {
        **found._asdict(),
        **found.exif,
        **candidate.columns,
        "path": candidate.path,
        "label": candidate.label,
        "source": candidate.uri,
        "source_split": candidate.source_split,
        "image": data,
    }
