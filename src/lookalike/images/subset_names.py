"""The names that data sets give to the subsets of their own split."""

NAMES = {
    "train": ("train", "training"),
    "valid": ("valid", "validate", "validation", "val", "dev"),
    "test": ("test", "testing"),
}
KNOWN_NAMES = ", ".join("/".join(names) for names in NAMES.values())

_SUBSET_OF_NAME = {name: subset for subset, names in NAMES.items() for name in names}


def subset_named(name: str) -> str | None:
    """`train`, `valid` or `test` by any of its usual names, in any case; None for other names."""
    return _SUBSET_OF_NAME.get(name.strip().lower())


def usual_name(split: str | None) -> str | None:
    """A split of a source by the usual name of its subset; one that is not known stays as it is."""
    return split and (subset_named(split) or split)
