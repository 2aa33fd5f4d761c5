"""`metrics/gates.yaml`: what a change has to satisfy before it may land."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import ConfigError
from lookalike.core.group import Group

FILE = "gates.yaml"

Metric = Literal["accuracy", "recall_at_1", "map_at_r"]
Share = Annotated[float, Field(ge=0, le=1)]


class Bound(Group):
    """What a figure has to be."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs at_least, at_most or both")
        return self


class Gates(Group):
    """The content of the file.

    Attributes:
        bounds: of figures in `metrics/*.json`, by names such as `evaluate.accuracy`.
        largest_drop: of each metric against the base, as in 0.01 for one point.
        seed_noise: the standard deviation of each metric between trainings that differ in nothing
            but their seeds.
        slowdown: how many times the base's a figure of `metrics/timings/evaluate.json` may be.
    """

    bounds: dict[str, Bound] = Field(default_factory=dict)
    largest_drop: dict[Metric, Share] = Field(default_factory=dict)
    seed_noise: dict[Metric, Share] = Field(default_factory=dict)
    slowdown: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)


def read_gates(snapshot: Snapshot) -> Gates:
    """The gates of a revision; none where it has no such file.

    Raises:
        ConfigError: a line for each problem in the file.
    """
    path = snapshot.project.metrics / FILE
    try:
        return Gates.model_validate(snapshot.yaml(path))
    except ValidationError as error:
        lines = []
        for details in error.errors():
            place = ".".join(str(part) for part in details["loc"] if part != "[key]")
            message = details["msg"].removeprefix("Value error, ")
            lines.append(f"{path}: {place}: {message[:1].lower()}{message[1:]}")
        raise ConfigError("\n".join(lines)) from None
