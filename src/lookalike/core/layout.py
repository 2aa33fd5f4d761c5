"""Where things are in a project: the paths that `dvc.yaml` names."""

import os
from pathlib import Path

from lookalike.core.errors import LookalikeError

# Metrics that do not say which model they are of are worth little.
MEASURED_MODEL = "model.sha256"
# Beside the model that it comes from
EXPORT = "export"


class Layout:
    """The paths of a project's parameters and outputs.

    Args:
        root: the project's folder, the one that holds `dvc.yaml`. Paths start with it, so a
            relative one gives relative paths.

    Attributes:
        evaluation: tables of the evaluate stage; its file `model.sha256` names the measured model.
        timings: wall-clock figures, which Git and DVC ignore.
        cache: downloads, embeddings and checkpoints of unfinished trainings. Content-addressed and
            safe to delete; in `$DVC_ROOT`, which temporary experiments share, else below the root.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.params = root / "params.yaml"
        self.libraries = root / "data/libraries.json"
        self.samples = root / "data/samples"
        self.images = root / "data/images"
        self.rejected = root / "data/rejected.csv"
        self.split = root / "data/split.csv"
        self.embeddings = root / "data/embeddings"
        self.fresh = root / "data/fresh/images.sqlite"
        self.model = root / "models/model"
        self.export = self.model.with_name(EXPORT)
        self.inference = root / "models/inference.json"
        self.checkpoints = root / "models/checkpoints"
        self.index = root / "models/index"
        self.metrics = root / "metrics"
        self.train_log = self.metrics / "train"
        self.train_figures = self.metrics / "train_figures"
        self.evaluation = self.metrics / "evaluate"
        self.figures = self.metrics / "figures"
        self.index_curves = self.metrics / "index"
        self.timings = self.metrics / "timings"
        self.cache = Path(os.environ.get("DVC_ROOT", root)) / ".cache"

    def relative(self, path: Path) -> Path:
        """A path of the project as `dvc.yaml` names it."""
        return path.relative_to(self.root)


def cache_folder() -> Path:
    """Where temporary files of this project go, on a disk with room for them; made if need be."""
    folder = Layout(Path()).cache
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def find_project(folder: Path) -> Layout:
    """The project that a folder is in: the nearest folder, upwards, that holds a `dvc.yaml`.

    Raises:
        LookalikeError: there is none.
    """
    return _nearest(folder, "dvc.yaml")


def find_index(folder: Path) -> Layout:
    """As `find_project`, but `models/index` is enough: to search, nobody needs the pipeline."""
    return _nearest(folder, "dvc.yaml", "models/index")


def _nearest(folder: Path, *marks: str) -> Layout:
    for depth, above in enumerate((folder.absolute(), *folder.absolute().parents)):
        if any((above / mark).exists() for mark in marks):
            # Relative where it was asked relatively, for short messages
            return Layout(above if folder.is_absolute() else folder.joinpath(*[".."] * depth))
    raise LookalikeError(
        f"{folder.absolute()}: no dvc.yaml here or above; change to a Lookalike project"
    )
