"""Search results on stdout: a table for people, JSON and CSV for programs."""

import csv
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from lookalike.terminal.output import print_json, print_lines
from lookalike.terminal.pictures import Inline
from lookalike.terminal.printable import printable

if TYPE_CHECKING:
    from lookalike.search.results import SearchResult

CSV_COLUMNS = (
    "query",
    "rank",
    "similarity",
    "id",
    "path",
    "label",
    "source",
    "split",
    "predicted_label",
    "width",
    "height",
)


class Form(StrEnum):
    """What is printed."""

    TABLE = "table"
    JSON = "json"
    JSON_LINES = "jsonl"
    CSV = "csv"


def print_results(
    results: "Iterable[SearchResult]", form: Form, several: bool, inline: Inline | None = None
) -> None:
    """Print results as they come; JSON alone waits for the last.

    Args:
        results: of a search.
        form: what is printed.
        several: whether there may be more than one; else JSON is an object, not an array.
        inline: how the terminal shows pictures, if it is to show some beside the table.
    """
    if form is Form.JSON:
        answers = [result.to_dict() for result in results]
        if several or answers:
            print_json(answers if several else answers[0])
    elif form is Form.JSON_LINES:
        for result in results:
            print_json(result.to_dict(), indent=None)
    elif form is Form.CSV:
        _print_csv(results)
    else:
        _print_tables(results, several, inline)


def _print_csv(results: "Iterable[SearchResult]") -> None:
    # All text is quoted: else the writer leaves a lone carriage return bare
    writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    escape = printable if sys.stdout.isatty() else str
    writer.writerow(CSV_COLUMNS)
    for result in results:
        for rank, hit in enumerate(result.hits, start=1):
            known = hit._asdict() | {"query": result.query, "rank": rank}
            fields = (known[column] for column in CSV_COLUMNS)
            writer.writerow([escape(x) if isinstance(x, str) else x for x in fields])


def _print_tables(results: "Iterable[SearchResult]", several: bool, inline: Inline | None) -> None:
    from lookalike.search.strip import strip_of
    from lookalike.search.table import print_result

    for number, result in enumerate(results):
        if several:
            print_lines([""] * (number > 0) + [result.query])
        if inline is not None:
            sys.stdout.write(inline(strip_of(result)))  # commands the terminal, as it should
            sys.stdout.flush()
        print_result(result)
