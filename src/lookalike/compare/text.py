"""A comparison and a gate as lines for a terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence

from lookalike.compare.comparison import Comparison
from lookalike.compare.data_changes import KINDS, counts_by_class
from lookalike.compare.gate import Check
from lookalike.compare.hard_negatives import NEAREST
from lookalike.compare.paired import METRICS, Difference
from lookalike.compare.settings import SettingChange


def describe_gate(checks: Sequence[Check]) -> list[str]:
    """The checks as a table, and the outcome, as lines."""
    rows = [(check.outcome, check.name, check.found, check.allowed) for check in checks]
    return [*aligned(rows), gate_summary(checks)]


def gate_summary(checks: Sequence[Check]) -> str:
    """The outcome in a few words."""
    failed = sum(check.outcome == "failed" for check in checks)
    return f"{failed} of {len(checks)} checks failed" if failed else "the gate is passed"


def points(difference: Difference) -> tuple[str, str, str, str]:
    """Before, after, the difference in points and its interval, as texts."""
    return (
        f"{difference.before:.4f}",
        f"{difference.after:.4f}",
        f"{100 * difference.difference:+.2f}",
        f"{100 * difference.low:+.2f} to {100 * difference.high:+.2f}",
    )


def data_summary(comparison: Comparison) -> str:
    """How many images were added, removed, relabeled and moved, as one line."""
    if comparison.data is None:
        return "unknown"
    counts = Counter(kind for change in comparison.data for kind in change.kinds)
    return ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]) or "unchanged"


def hard_negatives(comparison: Comparison) -> list[tuple[str, ...]]:
    """What both revisions make of the pairs that people call not alike, as rows of a table."""
    if not comparison.hard_negatives:
        return []
    columns = [
        ("unknown",) * 3
        if side is None
        else (str(side.pairs), str(side.near), f"{side.similarity:.3f}")
        for side in comparison.hard_negatives
    ]
    names = ("pairs", f"among the {NEAREST} nearest", "mean similarity")
    return list(zip(names, *columns, strict=True))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of texts in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def describe(comparison: Comparison) -> Iterator[str]:
    """What changed and whether it is better, as lines."""
    common = comparison.test_images[2]
    yield f"{comparison.before.name} → {comparison.after.name}, on {common} test images"
    if comparison.metrics:
        header = ("", "before", "after", "points", "95% interval", "verdict")
        yield from aligned(
            [
                header,
                *(
                    (METRICS[name], *points(difference), difference.verdict)
                    for name, difference in comparison.metrics.items()
                ),
            ]
        )
    directions = Counter(change.direction for change in comparison.queries)
    yield f"test images that changed: {directions['better']} better, {directions['worse']} worse"
    by_class = Counter((change.after.label, change.direction) for change in comparison.queries)
    for label in sorted({label for label, _ in by_class}):
        yield f"  {label}: {by_class[label, 'better']} better, {by_class[label, 'worse']} worse"
    yield f"data: {data_summary(comparison)}"
    for label, counts in counts_by_class(comparison.data or []).items():
        yield f"  {label}: {', '.join(f'{number} {kind}' for kind, number in counts.items())}"
    if rows := hard_negatives(comparison):
        yield "not alike, as people say"
        yield from aligned([("", "before", "after"), *rows])
    yield from _settings("parameters", comparison.parameters)
    yield from _settings("libraries", comparison.libraries)
    for note in comparison.notes:
        yield f"note: {note}"


def _settings(title: str, changes: Sequence[SettingChange]) -> Iterator[str]:
    yield f"{title}: {f'{len(changes)} changed' if changes else 'unchanged'}"
    for change in changes:
        yield f"  {change.name}: {change.before or 'absent'} → {change.after or 'absent'}"
