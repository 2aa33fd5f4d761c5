"""Does a store hold what the index holds, and does its search find it?"""

import hashlib
import json
from collections.abc import Iterator

import pyarrow as pa

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.effort import measured_recall, target
from lookalike.publish.pointer import StoredVersion
from lookalike.publish.rows import ROW, all_rows
from lookalike.publish.store import Metrics, OpenVersion, Store, Verified
from lookalike.terminal.listing import some_of

TOLERANCE = 0.01  # of the recall, which is that of other queries than those that chose the effort


def verify_version(store: Store, index: Index, metrics: Metrics) -> Verified:
    """Compare the current version of a store with an index: description, every row, and recall.

    Raises:
        LookalikeError: they differ; the line names how.
    """
    opened = store.current()
    about = opened.about
    expected = StoredVersion.of(index, about.table, metrics).model_copy(
        update={"effort": about.effort}
    )
    if about.version != expected.version:
        raise LookalikeError(
            f"{store.name}: current is version {about.version}, but the index is "
            f"{expected.version}; run lookalike publish"
        )
    problems = []
    ours, theirs = expected.model_dump(), about.model_dump()
    if wrong := [key for key in sorted(ours) if ours[key] != theirs[key]]:
        problems.append(f"the description differs in {some_of(wrong)}")
    differences, digest = _compare(index, opened)
    problems += [
        f"{len(paths)} images {how} ({some_of(paths)})"
        for how, paths in differences.items()
        if paths
    ]
    if (too_many := opened.count() - len(index) + len(differences["missing"])) > 0:
        problems.append(f"{too_many} images too many")
    recall, low = _recall(index, opened)
    if problems := [*problems, *low]:
        raise LookalikeError(
            f"{store.name}: is not version {about.version} of the index: {'; '.join(problems)}; "
            "run lookalike publish --rewrite"
        )
    return Verified(about.version, len(index), digest, recall)


def checked_recall(name: str, index: Index, opened: OpenVersion) -> float:
    """recall@10 of the search of a version, which is that of the index.

    Raises:
        LookalikeError: it is lower than the index was built for.
    """
    recall, low = _recall(index, opened)
    if low:
        raise LookalikeError(f"{name}: {'; '.join(low)}; run lookalike publish --rewrite")
    return recall


def _recall(index: Index, opened: OpenVersion) -> tuple[float, list[str]]:
    """recall@10 of a search, and what is wrong with it."""
    recall = measured_recall(index, lambda query, k: opened.nearest(query, k, None, exact=False))
    if recall < target(index) - TOLERANCE:
        return recall, [f"recall@10 is {recall:.3f}, and should be {target(index)}"]
    return recall, []


def _compare(index: Index, opened: OpenVersion) -> tuple[dict[str, list[str]], str]:
    """Paths of images by how they differ, and a sha256 over all rows of the index."""
    differences: dict[str, list[str]] = {"missing": [], "different": []}
    digest = hashlib.sha256()
    for ours in all_rows(index):
        theirs = dict(_lines(opened.take(ours[ROW].to_pylist(), ours.column_names[1:])))
        for (row, line), path in zip(_lines(ours), ours["path"].to_pylist(), strict=True):
            digest.update(line.encode())
            if row not in theirs:
                differences["missing"].append(path)
            elif line != theirs[row]:
                differences["different"].append(path)
    return differences, digest.hexdigest()


def _lines(table: pa.Table) -> Iterator[tuple[int, str]]:
    """Every row as JSON: so NaN equals NaN, too."""
    for record in table.to_pylist():
        yield record[ROW], json.dumps(record, default=bytes.hex)
