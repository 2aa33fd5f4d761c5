"""The `split` block of `params.yaml`."""

from math import isclose
from typing import Self

from pydantic import Field, model_validator

from lookalike.core.params import Block, Group
from lookalike.split.near_duplicate_params import NearDuplicates


class Ratios(Group):
    """The share of each side; they add up to 1."""

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
    """Which labelled images take part, and the share of each side."""

    block = "split"

    ratios: Ratios = Ratios()
    exclude_classes: list[str] = Field(default=[])
    classes: int | list[str] | None = None
    samples_per_class: int | None = Field(default=None, ge=3)
    near_duplicates: NearDuplicates | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if isinstance(self.classes, int) and self.classes < 1:
            raise ValueError(f"classes = {self.classes}: should be at least 1, or null for all")
        if isinstance(self.classes, list):
            both = sorted(set(self.classes) & set(self.exclude_classes))
            if both:
                raise ValueError(f"classes and exclude_classes both name {', '.join(both)}")
        return self
