"""Suspicious labels of an image store, with what speaks for and against each."""

import numpy as np
import torch
from torch import Tensor

from lookalike.review.findings import Finding
from lookalike.review.label_errors import find_label_errors

LEAST_IMAGES = 2  # of a class: a single image is unlike all others of its class, as there are none


def label_findings(vectors: Tensor, labels: list[str | None]) -> list[Finding]:
    """The labels that are likely wrong, the likeliest first.

    Args:
        vectors: unit vectors `[n, d]`, a row an image.
        labels: of each; None: it has none, so it cannot be wrong.
    """
    known = np.array(["" if label is None else label for label in labels])
    _, first, counts = np.unique(known, return_inverse=True, return_counts=True)
    rows = np.flatnonzero((counts[first] >= LEAST_IMAGES) & (known != ""))
    classes, targets = np.unique(known[rows], return_inverse=True)
    if len(classes) < 2:
        return []
    some = vectors[torch.from_numpy(rows)]
    errors = find_label_errors(some, torch.from_numpy(targets))
    findings = []
    for position, margin, likely in zip(
        errors.rows[: errors.number].tolist(),
        errors.margins.tolist(),
        errors.likely.tolist(),
        strict=False,
    ):
        own = int(targets[position])
        nearest = [_nearest_of(number, position, some, targets) for number in (own, likely)]
        reason = f"looks more like {classes[likely]} (by {margin:.2f})"
        row, label = int(rows[position]), str(classes[likely])
        findings.append(Finding("label", row, margin, reason, label, tuple(rows[nearest].tolist())))
    return findings


def _nearest_of(number: int, position: int, vectors: Tensor, targets: np.ndarray) -> int:
    """The image of a class that is most like another image."""
    members = np.flatnonzero(targets == number)
    members = members[members != position]
    similarities = vectors[torch.from_numpy(members)] @ vectors[position]
    return int(members[int(similarities.argmax())])
