"""What a training computes with, and what it leaves on its way: no part of the recipe."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from lightning_fabric import Fabric

from lookalike.train.log import TrainingLog
from lookalike.train.state.checkpoint import CheckpointFile
from lookalike.train.timings import Timings


class Resources(NamedTuple):
    """What a training computes with.

    Attributes:
        fabric: the devices.
        precision: how exactly they compute.
        workers: processes that decode images for each device; 0 for the one that trains.
        cache: the folder for downloads and decoded images.
    """

    fabric: Fabric
    precision: Literal["fp32", "bf16"] = "fp32"
    workers: int = 0
    cache: Path = Path(".cache")


@dataclass(frozen=True)
class Records:
    """Where a training writes while it runs.

    Attributes:
        log: receives the metrics of each epoch.
        checkpoint: where the run is saved, and goes on from; None: it is not.
        timings: how long what took.
        figures: where pictures are drawn, before the first step; None: nowhere.
    """

    log: TrainingLog
    checkpoint: CheckpointFile | None = None
    timings: Timings = field(default_factory=Timings)
    figures: Path | None = None
