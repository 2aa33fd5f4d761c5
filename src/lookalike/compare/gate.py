"""May a change land? Its figures against the bounds, and against those of the base."""

from pathlib import Path
from typing import Any, Literal, NamedTuple

from lookalike.compare.comparison import Comparison
from lookalike.compare.gates_file import FILE, Bound, Gates, read_gates
from lookalike.compare.paired import METRICS, Difference
from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import ConfigError, LookalikeError, NotReadyError
from lookalike.core.json_file import parse_json

Outcome = Literal["passed", "failed", "not measured"]


class Check(NamedTuple):
    """One thing that is asked of a change.

    Attributes:
        name: what is looked at.
        found: what it is, in words.
        allowed: what it may be, in words.
        outcome: whether that is so; what was not measured is no failure, and is shown.
    """

    name: str
    found: str
    allowed: str
    outcome: Outcome


def gate(comparison: Comparison, timings: Path | None = None) -> list[Check]:
    """Check a change against the gates that it has itself; a loosened gate is a reviewed change.

    Args:
        comparison: the base and the change.
        timings: `metrics/timings/evaluate.json` of the base, measured on this machine; None: how
            fast it is, is not compared.

    Raises:
        LookalikeError: there are no gates, or a file is broken.
    """
    change = comparison.after
    gates = read_gates(change)
    if not (gates.bounds or gates.largest_drop or gates.slowdown):
        path = change.project.metrics / FILE
        raise NotReadyError(f"{change.name}: {path}: missing or empty; see docs/compare.md")
    return [
        *(_bound(change, name, bound) for name, bound in gates.bounds.items()),
        *(
            _drop(METRICS[metric], comparison.metrics.get(metric), allowed)
            for metric, allowed in gates.largest_drop.items()
        ),
        *_slowdowns(change, gates, timings),
    ]


def gates_changed(comparison: Comparison) -> bool:
    """Whether the gates themselves differ from those of the base."""
    return read_gates(comparison.before) != read_gates(comparison.after)


def _bound(change: Snapshot, name: str, bound: Bound) -> Check:
    allowed = " and ".join(
        f"{word} {limit:g}"
        for word, limit in (("at least", bound.at_least), ("at most", bound.at_most))
        if limit is not None
    )
    file, _, key = name.partition(".")
    if not file.isidentifier():  # it becomes a path
        raise ConfigError(f"{FILE}: bounds.{name}: is not FILE.KEY of a file in metrics")
    value: Any = change.json(change.project.metrics / f"{file}.json")
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if not _is_number(value):
        return Check(name, "missing", allowed, "failed")
    fits = (bound.at_least is None or value >= bound.at_least) and (
        bound.at_most is None or value <= bound.at_most
    )
    return Check(name, f"{value:g}", allowed, "passed" if fits else "failed")


def _drop(name: str, difference: Difference | None, allowed: float) -> Check:
    """A drop fails where the whole interval of the difference is below what is allowed."""
    name = f"{name} against the base"
    limit = f"no drop of more than {100 * allowed:g} points" if allowed else "no drop"
    if difference is None:
        return Check(name, "no test image to compare on", limit, "failed")
    found = (
        f"{100 * difference.difference:+.2f} points "
        f"({100 * difference.low:+.2f} to {100 * difference.high:+.2f})"
    )
    return Check(name, found, limit, "failed" if difference.high < -allowed else "passed")


def _slowdowns(change: Snapshot, gates: Gates, timings: Path | None) -> list[Check]:
    checks = []
    for key, allowed in gates.slowdown.items():
        limit = f"at most {allowed:g} times the base's"
        if timings is None:
            checks.append(Check(key, "no --timings of the base", limit, "not measured"))
            continue
        now, base = _timing(change.project.timings / "evaluate.json", key), _timing(timings, key)
        outcome: Outcome = "passed" if now <= allowed * base else "failed"
        checks.append(Check(key, f"{now:g} ms after {base:g} ms", limit, outcome))
    return checks


def _timing(path: Path, key: str) -> float:
    try:
        value = parse_json(path.read_text(encoding="utf-8")).get(key)
    except (OSError, ValueError, AttributeError):
        value = None
    if not _is_number(value) or value <= 0:
        raise LookalikeError(f"{path}: has no time {key}; run the evaluate stage there")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
