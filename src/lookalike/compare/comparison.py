"""Two revisions of a project: what changed, and is it better?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lookalike.compare.data_changes import (
    DataChange,
    counts_by_class,
    data_changes,
    read_samples,
)
from lookalike.compare.gates_file import read_gates
from lookalike.compare.hard_negatives import (
    HardNegatives,
    measure_hard_negatives,
    read_hard_negatives,
)
from lookalike.compare.paired import METRICS, Difference, differences
from lookalike.compare.query import Query, read_queries
from lookalike.compare.query_changes import QueryChange, query_changes
from lookalike.compare.settings import SettingChange, library_changes, parameter_changes
from lookalike.compare.snapshot import Snapshot
from lookalike.core.json_file import rounded


@dataclass(frozen=True)
class Comparison:
    """What is different at another revision.

    Attributes:
        before: the one revision.
        after: the other.
        test_images: how many there are before, after, and at both.
        metrics: the difference in each, on the test images of both.
        queries: the test images that changed.
        data: the images that changed; None where the split of one revision has to be pulled.
        hard_negatives: what each side makes of the pairs that are in the table of `after`; empty
            where there are none, and a side is None where its index has to be pulled.
        parameters: those that changed.
        libraries: those that changed.
        notes: what to mind when reading it.
    """

    before: Snapshot
    after: Snapshot
    test_images: tuple[int, int, int]
    metrics: dict[str, Difference]
    queries: list[QueryChange]
    data: list[DataChange] | None
    hard_negatives: list[HardNegatives | None]
    parameters: list[SettingChange]
    libraries: list[SettingChange]
    notes: list[str]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        before, after, common = self.test_images
        content: dict[str, Any] = rounded(
            {
                "before": {"revision": self.before.name, "commit": self.before.commit},
                "after": {"revision": self.after.name, "commit": self.after.commit},
                "test_images": {"before": before, "after": after, "compared": common},
                "metrics": {
                    name: {**difference._asdict(), "verdict": difference.verdict}
                    for name, difference in self.metrics.items()
                },
                "queries": [
                    {
                        "id": change.id,
                        "direction": change.direction,
                        "before": change.before._asdict(),
                        "after": change.after._asdict(),
                    }
                    for change in self.queries
                ],
                "data": None
                if self.data is None
                else {
                    "by_class": counts_by_class(self.data),
                    "images": [
                        {
                            "id": change.id,
                            "kinds": change.kinds,
                            "before": change.before and change.before._asdict(),
                            "after": change.after and change.after._asdict(),
                        }
                        for change in self.data
                    ],
                },
                "hard_negatives": [side and side._asdict() for side in self.hard_negatives],
                "parameters": [change._asdict() for change in self.parameters],
                "libraries": [change._asdict() for change in self.libraries],
                "notes": self.notes,
            }
        )
        return content


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """Compare two revisions by what is in Git, and the split where it is in the cache.

    Raises:
        LookalikeError: a revision has no table of its test images, or it is broken.
    """
    queries_before, queries_after = read_queries(before), read_queries(after)
    noise = {str(metric): value for metric, value in read_gates(after).seed_noise.items()}
    samples_before, samples_after = read_samples(before), read_samples(after)
    common = queries_before.keys() & queries_after.keys()
    notes = _notes(queries_before, queries_after, noise)
    for side, samples in ((before, samples_before), (after, samples_after)):
        if samples is None:
            split = side.project.relative(side.project.split)
            notes.append(
                f"{split} of {side.name} is not here, so changes of data are not listed; "
                "--pull fetches it"
            )
    return Comparison(
        before=before,
        after=after,
        test_images=(len(queries_before), len(queries_after), len(common)),
        metrics=differences(queries_before, queries_after, noise),
        queries=query_changes(queries_before, queries_after),
        data=None
        if samples_before is None or samples_after is None
        else data_changes(samples_before, samples_after),
        hard_negatives=_hard_negatives(before, after),
        parameters=parameter_changes(before, after),
        libraries=library_changes(before, after),
        notes=notes,
    )


def _hard_negatives(before: Snapshot, after: Snapshot) -> list[HardNegatives | None]:
    pairs = read_hard_negatives(after)
    return [measure_hard_negatives(side, pairs) for side in (before, after)] if pairs else []


def _notes(
    before: Mapping[str, Query], after: Mapping[str, Query], noise: Mapping[str, float]
) -> list[str]:
    """What the figures do not say themselves."""
    common = before.keys() & after.keys()
    notes = []
    if not common:
        notes.append("no test image is in both revisions, so nothing is compared")
    elif len(common) < max(len(before), len(after)):
        notes.append(
            f"the test sets differ ({len(before)} and {len(after)} images): compared on the "
            f"{len(common)} in common, whose neighbors were searched for among different images"
        )
    if relabeled := sum(before[id].label != after[id].label for id in common):
        notes.append(f"{relabeled} of the test images in common have another label than before")
    if unknown := [name for metric, name in METRICS.items() if metric not in noise]:
        notes.append(
            f"how much {', '.join(unknown)} depends on the seed is unknown (seed_noise in "
            "metrics/gates.yaml): another seed alone may look like a difference"
        )
    return notes
