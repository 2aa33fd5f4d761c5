"""The review of a project's images: everything about them that is likely wrong."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lookalike.core.errors import DataError
from lookalike.core.layout import Layout
from lookalike.images.store import ImageStore
from lookalike.inference.embeddings import open_embeddings
from lookalike.ingest.corrections import KEEP, Corrections, read_corrections
from lookalike.model.description import stretch_of_model
from lookalike.project.duplicates import Member, find_duplicates
from lookalike.project.leaks import read_exact_duplicates
from lookalike.project.parameters import read_all
from lookalike.review.duplicate_findings import duplicate_findings
from lookalike.review.findings import KINDS, Finding
from lookalike.review.label_findings import label_findings
from lookalike.review.outliers import outlier_findings, unit_vectors
from lookalike.review.picture_quality import picture_findings


@dataclass(frozen=True)
class Review:
    """What was found.

    Attributes:
        images: the image store.
        findings: by kind in the order of `KINDS`, the oddest of each first.
        corrections: what people have decided before.
    """

    images: ImageStore
    findings: list[Finding]
    corrections: Corrections

    @cached_property
    def classes(self) -> dict[str, int]:
        """How many images each class has; those without a label are in none."""
        counts = Counter(self.images.metadata["label"].to_pylist())
        return {label: counts[label] for label in sorted(counts.keys() - {None})}

    def of_kind(self, kind: str) -> list[Finding]:
        """The findings of a kind, the oddest first."""
        return [finding for finding in self.findings if finding.kind == kind]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        rows = self.images.metadata.select(["id", "path", "label"]).to_pylist()
        return {
            "images": len(self.images),
            "classes": self.classes,
            "findings": [
                {
                    "kind": finding.kind,
                    **rows[finding.row],
                    "likely_label": finding.likely_label,
                    "score": round(finding.score, 6),
                    "reason": finding.reason,
                }
                for finding in self.findings
            ],
        }


def review(project: Layout) -> Review:
    """Review the images of a project, by their embeddings, their pixels and what ingest knows.

    Near-duplicates are looked for where the split does so. What people have decided to keep is not
    found again, unless it has got another label since.

    Raises:
        LookalikeError: ingest or embed has not run, or they are of other images than each other.
    """
    params = read_all(project.params)
    corrections = read_corrections(project.root / params.ingest.corrections)
    images = ImageStore(project.images, stretch_of_model(project.model))
    embeddings = open_embeddings(project.embeddings)
    if images.metadata["id"] != embeddings.rows["id"]:
        raise DataError(f"{project.embeddings}: not of the images in {project.images}; embed again")
    vectors = unit_vectors(embeddings.vectors)
    exact = read_exact_duplicates(project.rejected, {})
    groups: list[list[Member]] = []
    if params.split.near_duplicates is not None:
        groups = find_duplicates(project, None).groups
    findings = [
        *label_findings(vectors, images.metadata["label"].to_pylist()),
        *duplicate_findings(images, exact, groups),
        *outlier_findings(vectors),
        *picture_findings(images, params.train.image_size, params.machine.workers),
    ]
    kept = _kept(images, corrections)
    kinds = list(KINDS)
    found = [finding for finding in findings if finding.row not in kept]
    found.sort(key=lambda finding: (kinds.index(finding.kind), -finding.score, finding.row))
    return Review(images, found, corrections)


def _kept(images: ImageStore, corrections: Corrections) -> set[int]:
    """The rows that people have looked at and kept as they are."""
    kept = set()
    for row, image in enumerate(images.metadata.select(["id", "path", "label"]).to_pylist()):
        found = corrections.find(image["path"], image["id"])
        if found is not None and found.action == KEEP and found.label in {"", image["label"]}:
            kept.add(row)
    return kept
