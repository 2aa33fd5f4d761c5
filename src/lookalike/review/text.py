"""A review for people: a table of each kind of finding, and how even the classes are."""

from collections.abc import Mapping
from statistics import median

from rich.text import Text

from lookalike.review.findings import KINDS
from lookalike.review.review import Review
from lookalike.terminal.listing import counted, some_of
from lookalike.terminal.printable import printable
from lookalike.terminal.tables import plain_table, stdout_console

SHOWN = 10
FEW = 4  # so many times fewer images than the median class


def print_review(review: Review) -> None:
    """Print to stdout up to ten findings of a kind; piped, lines are not cut to a width."""
    console = stdout_console()
    labels, paths = (review.images.metadata[name] for name in ("label", "path"))
    for kind, title in KINDS.items():
        findings = review.of_kind(kind)
        if not findings:
            continue
        console.print(f"{title}: {len(findings)}", style="bold", markup=False)
        table = plain_table(console)
        table.add_column("path", overflow="fold")
        table.add_column("label", style="cyan")
        table.add_column("why")
        for finding in findings[:SHOWN]:
            label = labels[finding.row].as_py() or "-"
            reason = finding.reason
            cells = (paths[finding.row].as_py(), label, reason)
            table.add_row(*(Text(printable(cell)) for cell in cells))
        console.print(table, markup=False)
        if len(findings) > SHOWN:
            console.print(f"and {len(findings) - SHOWN} more: --html FILE shows them\n")
    console.print(balance(review.classes), markup=False)
    if not review.findings:
        console.print(f"nothing is suspicious in {counted(len(review.images), 'image')}")


def balance(classes: Mapping[str, int]) -> str:
    """How even the classes are, in a line."""
    if not classes:
        return "no image has a label"
    by_size = sorted(classes, key=lambda label: (classes[label], label))
    smallest, largest = by_size[0], by_size[-1]
    usual = median(classes.values())
    few = [printable(label) for label in by_size if FEW * classes[label] < usual]
    line = (
        f"{counted(len(classes), 'class')}: from {classes[smallest]} ({printable(smallest)}) to "
        f"{classes[largest]} images ({printable(largest)}), the median is {usual:g}"
    )
    return f"{line}; few images have {some_of(few)}" if few else line
