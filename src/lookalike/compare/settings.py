"""What changed in parameters and libraries between two revisions."""

from typing import Any, NamedTuple

from lookalike.compare.snapshot import Snapshot
from lookalike.core.secrets import without_secrets


class SettingChange(NamedTuple):
    """A value that differs; None where a revision has none of that name."""

    name: str
    before: str | None
    after: str | None


def parameter_changes(before: Snapshot, after: Snapshot) -> list[SettingChange]:
    """The parameters that differ, by their dotted keys."""
    return _changes(*(_flat(side.yaml(side.project.params)) for side in (before, after)))


def library_changes(before: Snapshot, after: Snapshot) -> list[SettingChange]:
    """The libraries whose versions differ."""
    return _changes(*(_flat(side.json(side.project.libraries)) for side in (before, after)))


def _changes(before: dict[str, str], after: dict[str, str]) -> list[SettingChange]:
    return [
        SettingChange(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested mappings as dotted keys; values as text without secrets."""
    if isinstance(value, dict) and (value or not prefix):
        return {
            name: text
            for key, inner in value.items()
            for name, text in _flat(inner, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    return {prefix: "null" if value is None else without_secrets(str(value))}
