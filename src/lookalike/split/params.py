"""The `split` block of `params.yaml`."""

from math import isclose
from pathlib import Path
from typing import Any, Literal, Self
from unicodedata import normalize

from pydantic import Field, field_validator, model_validator

from lookalike.core.group import Group
from lookalike.core.layout import Layout
from lookalike.core.params import Block
from lookalike.near_duplicates.params import NearDuplicates


class Ratios(Group):
    """The share of each subset; they add up to 1."""

    train: float = Field(default=0.7, gt=0, lt=1)
    valid: float = Field(default=0.15, gt=0, lt=1)
    test: float = Field(default=0.15, gt=0, lt=1)

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        total = self.train + self.valid + self.test
        if not isclose(total, 1, abs_tol=1e-6):
            raise ValueError(f"train, valid and test add up to {total:g}; they should add up to 1")
        return self


class SplitParams(Block):
    """Which labeled images take part, and by which method they get their subsets."""

    block = "split"

    method: Literal["stratified", "per_class", "source", "hashed"] = "stratified"
    ratios: Ratios = Ratios()
    train_per_class: int = Field(default=30, ge=1)
    valid_per_class: int | None = Field(default=5, ge=1)
    test_per_class: int | None = Field(default=None, ge=1)
    previous: str | None = None
    previous_sha256: str | None = None
    exclude_classes: list[str] = Field(default=[])
    classes: int | list[str] | None = None
    samples_per_class: int | None = Field(default=None, ge=1)
    near_duplicates: NearDuplicates | None = None

    @field_validator("classes", "exclude_classes", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        """In composed Unicode, as labels are.

        A name that YAML reads as a number may have been spelled otherwise: 01 is read as 1.
        """
        if isinstance(value, list) and (others := [n for n in value if not isinstance(n, str)]):
            quoted = ", ".join(f"'{name}'" for name in others)
            raise ValueError(f"names that YAML reads as something else need quotes: {quoted}")
        return [normalize("NFC", name) for name in value] if isinstance(value, list) else value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if isinstance(self.classes, int) and self.classes < 1:
            raise ValueError(f"classes = {self.classes}: should be at least 1, or null for all")
        if isinstance(self.classes, list):
            both = sorted(set(self.classes) & set(self.exclude_classes))
            if both:
                raise ValueError(f"classes and exclude_classes both name {', '.join(both)}")
        if self.previous is not None and self.method != "hashed":
            raise ValueError(f"previous is for method: hashed, not for method: {self.method}")
        if self.previous is not None and Path(self.previous) == (own := Layout(Path()).split):
            raise ValueError(
                f"previous = {own}: DVC removes that file before the stage runs; name a copy"
            )
        return self
