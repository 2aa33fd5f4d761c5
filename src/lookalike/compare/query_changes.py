"""Which test images a model gets right that another got wrong, and the other way around."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from lookalike.compare.query import Query


class QueryChange(NamedTuple):
    """A test image whose class or nearest neighbor was right at one revision only."""

    id: str
    before: Query
    after: Query

    @property
    def gained(self) -> float:
        """By how much it is better: the steps of both answers, then of its average precision."""
        return _score(self.after) - _score(self.before)

    @property
    def direction(self) -> Literal["better", "worse"]:
        """Which way it went."""
        return "better" if self.gained > 0 else "worse"


def query_changes(before: Mapping[str, Query], after: Mapping[str, Query]) -> list[QueryChange]:
    """The images that changed, of those that both have: by class, the worst first."""
    changes = [
        QueryChange(id, query, after[id])
        for id, query in before.items()
        if id in after and _answers(query) != _answers(after[id])
    ]
    return sorted(
        changes,
        key=lambda change: (change.after.label, change.gained, change.after.path, change.id),
    )


def _answers(query: Query) -> tuple[float | None, float | None]:
    return query.accuracy, query.recall_at_1


def _score(query: Query) -> float:
    steps = (query.accuracy or 0) + (query.recall_at_1 or 0)
    return steps + (query.map_at_r or 0) / 10
