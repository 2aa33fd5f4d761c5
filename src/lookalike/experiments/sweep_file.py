"""`sweeps/NAME.yaml`: which parameters to vary, within what, and what to choose by."""

import re
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from lookalike.core.errors import ConfigError
from lookalike.core.group import Group
from lookalike.core.params import read_yaml
from lookalike.core.secrets import without_secrets
from lookalike.experiments.dimension import Dimension

SEED = "base.seed"
NAME = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)


class Metric(NamedTuple):
    """A number in a metrics file, as in `metrics/train.json:valid_accuracy`."""

    path: Path
    key: str


class Sampler(Group):
    """How the next values are chosen.

    Attributes:
        name: `tpe` goes by the results so far (Bergstra et al. 2011, Algorithms for
            Hyper-Parameter Optimization), after ten random trials; `random` does not.
        seed: of what is random in that.
    """

    name: Literal["tpe", "random"] = "tpe"
    seed: int = Field(default=0, ge=0)


class Pruner(Group):
    """Which trials are ended early.

    Attributes:
        name: `median`: worse than the median of the trials so far at the same step; `halving`: not
            among the best share at steps 1, 3, 9, ... (Li et al. 2020, A System for Massively
            Parallel Hyperparameter Tuning).
        curve: the file that holds a row for each step, `step` and value, while a trial runs.
        startup_trials: median: so many run to their end first.
        warmup_steps: median: so many steps of a trial come first.
        reduction_factor: halving: one of so many trials goes on.
    """

    name: Literal["median", "halving"] = "median"
    curve: str = "metrics/train/plots/metrics/valid/recall_at_1.tsv"
    startup_trials: int = Field(default=5, ge=0)
    warmup_steps: int = Field(default=2, ge=0)
    reduction_factor: int = Field(default=3, ge=2)


class Sweep(Group):
    """The content of the file.

    Attributes:
        space: the values of each parameter that varies, by its name in `params.yaml`.
        metric: what is compared; see `Metric`.
        direction: which of two values of it is better.
        allow_test_metric: that the metric may be one of the test images.
        trials: how many results are wanted, those that were ended early included.
        seeds: values of `base.seed`, each of which a trial is run with; its value is their mean.
            None of them: the one in `params.yaml`.
        workers: trials at the same time; None: one for each GPU, else one.
        retries: how often an experiment that failed is tried again.
        sampler: how values are chosen.
        pruner: what is ended early; None: nothing is.
    """

    space: Annotated[dict[str, Dimension], Field(min_length=1)]
    metric: Annotated[str, Field(pattern=r"^[^:]+\.json:[^:]+$")] = (
        "metrics/train.json:valid_recall_at_1"
    )
    direction: Literal["maximize", "minimize"] = "maximize"
    allow_test_metric: bool = False
    trials: int = Field(default=20, ge=1)
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default_factory=list)
    workers: int | None = Field(default=None, ge=1)
    retries: int = Field(default=1, ge=0)
    sampler: Sampler = Sampler()
    pruner: Pruner | None = None

    @property
    def objective(self) -> Metric:
        """The metric, taken apart."""
        path, _, key = self.metric.partition(":")
        return Metric(Path(path), key)

    @model_validator(mode="after")
    def _seeds_are_consistent(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds should differ from each other")
        if self.seeds and SEED in self.space:
            raise ValueError(f"{SEED} is set by seeds: it cannot vary in the space, too")
        return self


def read_sweep(path: Path) -> Sweep:
    """Read and check a sweep file; what its names stand for is checked by `plan_sweep`.

    Raises:
        ConfigError: a line for each problem in the file.
    """
    if not NAME.fullmatch(path.stem):
        raise ConfigError(
            f"{path}: names its experiments: use letters, digits, '-' and '_' before the dot"
        )
    try:
        return Sweep.model_validate(read_yaml(path))
    except ValidationError as error:
        lines = []
        for details in error.errors():
            place = ".".join(map(str, details["loc"])) or "the file"
            message = details["msg"].removeprefix("Value error, ")
            lines.append(f"{path}: {place}: {message[:1].lower()}{message[1:]}")
        raise ConfigError(without_secrets("\n".join(lines))) from None
