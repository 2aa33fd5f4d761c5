"""What users have corrected, as rows of the table that `ingest` applies."""

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from lookalike.core.files import atomic_file
from lookalike.ingest.corrections import HEADER, RELABEL, read_corrections


def add_rows(table: Path, labels: Mapping[str, str]) -> int:
    """Add a row to a table of corrections for each image of which it says nothing yet.

    Args:
        table: a CSV file; its rows stay as they are, and what they say counts.
        labels: the label that is right, by id.

    Returns:
        How many rows are new.

    Raises:
        LookalikeError: the table is missing or damaged.
    """
    known = {row.id for row in read_corrections(table).rows}
    new = {id: label for id, label in sorted(labels.items()) if id not in known}
    if not new:
        return 0
    text = table.read_text(encoding="utf-8")
    columns = next(csv.reader(StringIO(text)), list(HEADER))
    added = StringIO()
    writer = csv.DictWriter(added, columns, restval="", lineterminator="\n")
    writer.writerows({"id": id, "action": RELABEL, "label": new[id]} for id in new)
    with atomic_file(table) as partial:
        partial.write_text(text.rstrip("\n") + "\n" + added.getvalue(), encoding="utf-8")
    return len(new)
