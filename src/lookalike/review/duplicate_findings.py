"""Images that the pipeline knows to be copies of others."""

from collections.abc import Sequence

from lookalike.images.store import ImageStore
from lookalike.project.duplicates import Member
from lookalike.project.leaks import ExactDuplicate
from lookalike.review.findings import Finding


def duplicate_findings(
    images: ImageStore, exact: Sequence[ExactDuplicate], groups: Sequence[Sequence[Member]]
) -> list[Finding]:
    """Copies of which one is enough: those under another label first.

    Of a group of near-duplicates the first image stays, and the others are compared with it. Of
    equal files one is in the store; whether its label is right, the others may tell.

    Args:
        images: the image store.
        exact: the files that are not in it, as equal ones are.
        groups: of near-duplicates.
    """
    labels = images.metadata["label"].to_pylist()
    row_of = {path: row for row, path in enumerate(images.metadata["path"].to_pylist())}
    findings = [
        Finding("duplicate", row_of[copy.duplicate_of], 2, f"the same file as {copy.path}")
        for copy in exact
        if copy.duplicate_of in row_of
    ]
    for first, *others in groups:
        findings += [_near(member, first, labels) for member in others]
    return sorted(findings, key=lambda finding: -finding.score)


def _near(member: Member, first: Member, labels: list[str | None]) -> Finding:
    own, other = labels[member.row], labels[first.row]
    differ = own != other
    reason = f"nearly the same as {first.path}"
    if differ:
        reason += f", which is {other or 'unlabeled'}"
    return Finding("duplicate", member.row, 1 + differ, reason, examples=(first.row,))
