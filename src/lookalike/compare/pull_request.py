"""A pull request in one comment: the gate, what changed, whether it is better, pictures."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from lookalike.compare.comparison import Comparison
from lookalike.compare.data_changes import counts_by_class
from lookalike.compare.gate import Check, gates_changed
from lookalike.compare.grid import draw_data_changes, draw_query_changes
from lookalike.compare.metric_charts import draw_metrics
from lookalike.compare.paired import METRICS
from lookalike.compare.settings import SettingChange
from lookalike.compare.text import data_summary, hard_negatives, points
from lookalike.compare.thumbnails import Thumbnails
from lookalike.core.files import atomic_folder
from lookalike.terminal.markdown import plain, table

# By it the comment of before is found, and updated
MARKER = "<!-- lookalike pull request report -->"
PICTURES = {
    "metrics.png": "Differences with their 95% intervals",
    "queries.png": "Test images that changed: the image, its nearest before, its nearest after",
    "data.png": "Images of the data that changed",
}
SYMBOLS = {"passed": "✅", "failed": "❌", "not measured": "⚪"}
# A comment on GitHub holds 65,536 characters; what is longer is in the HTML report
MOST_ROWS = 40
MOST_CHARACTERS = 60_000


def draw_pictures(comparison: Comparison, folder: Path) -> dict[str, str]:
    """Draw what there is to see, and give the name and title of each picture.

    Args:
        comparison: what is drawn.
        folder: to write; one of an earlier report is replaced.

    Raises:
        LookalikeError: the folder holds something else.
    """
    with atomic_folder(folder, *PICTURES) as partial:
        thumbnails = Thumbnails(comparison.after, comparison.before)
        draw_metrics(partial / "metrics.png", comparison.metrics)
        if thumbnails:
            draw_query_changes(partial / "queries.png", comparison.queries, thumbnails)
            draw_data_changes(partial / "data.png", comparison.data or [], thumbnails)
    return {name: title for name, title in PICTURES.items() if (folder / name).is_file()}


def report(
    comparison: Comparison, checks: Sequence[Check], pictures: Mapping[str, str], url: str
) -> str:
    """The report as Markdown, short enough for a comment, the same bytes for the same revisions.

    Args:
        comparison: the base and the change.
        checks: of the gate.
        pictures: names and titles of those to show.
        url: the address of their folder.
    """
    return "".join(_fitting(_lines(comparison, checks, pictures, url)))


def _fitting(lines: Iterable[str]) -> Iterator[str]:
    """The first lines, each with its end, as many as fit."""
    length = 0
    for line in lines:
        length += len(line) + 1
        if length > MOST_CHARACTERS:
            yield "\n… the rest is in the HTML report.\n"
            return
        yield f"{line}\n"


def _lines(
    comparison: Comparison, checks: Sequence[Check], pictures: Mapping[str, str], url: str
) -> Iterator[str]:
    failed = sum(check.outcome == "failed" for check in checks)
    yield MARKER
    yield f"## {'❌ The gate fails' if failed else '✅ The gate is passed'}"
    yield f"Against {plain(comparison.before.name)}, on {comparison.test_images[2]} test images."
    if gates_changed(comparison):
        yield "\n⚠️ This change is checked by gates that it changes itself: metrics/gates.yaml."
    yield from _table(
        ("", "check", "found", "allowed"),
        [(SYMBOLS[check.outcome], check.name, check.found, check.allowed) for check in checks],
    )
    yield "\n## Is it better?"
    yield from _table(
        ("", "before", "after", "points", "95% interval", "verdict"),
        [
            (METRICS[name], *points(difference), difference.verdict)
            for name, difference in comparison.metrics.items()
        ],
    )
    for note in comparison.notes:
        yield f"\n*{plain(note)}*"
    for name, title in pictures.items():
        yield f"\n![{plain(title)}]({url.rstrip('/')}/{quote(name)})"
    yield from _queries(comparison)
    yield f"\n## Data: {data_summary(comparison)}"
    yield from _table(
        ("class", "change"),
        [
            (label, ", ".join(f"{number} {kind}" for kind, number in counts.items()))
            for label, counts in counts_by_class(comparison.data or []).items()
        ],
    )
    if rows := hard_negatives(comparison):
        yield "\n## Not alike, as people say"
        yield from _table(("", "before", "after"), rows)
    yield from _settings("Parameters", comparison.parameters)
    yield from _settings("Libraries", comparison.libraries)


def _queries(comparison: Comparison) -> Iterator[str]:
    counts = Counter((change.after.label, change.direction) for change in comparison.queries)
    total = Counter(change.direction for change in comparison.queries)
    yield f"\n## Test images: {total['better']} better, {total['worse']} worse"
    yield from _table(
        ("class", "better", "worse"),
        [
            (label, str(counts[label, "better"]), str(counts[label, "worse"]))
            for label in sorted({label for label, _ in counts})
        ],
    )


def _settings(title: str, changes: Sequence[SettingChange]) -> Iterator[str]:
    yield f"\n## {title}: {f'{len(changes)} changed' if changes else 'unchanged'}"
    rows = [
        (change.name, change.before or "absent", change.after or "absent") for change in changes
    ]
    yield from _table(("", "before", "after"), rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of up to `MOST_ROWS` rows."""
    yield from table(header, rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        yield f"\n… and {len(rows) - MOST_ROWS} more, in the HTML report."
