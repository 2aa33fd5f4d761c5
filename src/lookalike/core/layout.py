"""Where things are, relative to the project's root: the paths that `dvc.yaml` names."""

import os
from pathlib import Path

from lookalike.core.errors import LookalikeError

PARAMS = Path("params.yaml")

SAMPLES = Path("data/samples")
IMAGES = Path("data/images")
REJECTED = Path("data/rejected.csv")
SPLIT = Path("data/split.csv")
EMBEDDINGS = Path("data/embeddings")
MODEL = Path("models/model")
CHECKPOINTS = Path("models/checkpoints")
INDEX = Path("models/index")
METRICS = Path("metrics")
TRAIN_LOG = METRICS / "train"
TRAIN_FIGURES = METRICS / "train_figures"
TIMINGS = METRICS / "timings"
EVALUATION = METRICS / "evaluate"
MEASURED_MODEL = EVALUATION / "model.sha256"  # the fingerprint of the model it is of
FIGURES = METRICS / "figures"
INDEX_CURVES = METRICS / "index"


def project_root() -> Path:
    """The nearest folder, from the current one upwards, that holds a `dvc.yaml`; as `..` or `.`.

    Raises:
        LookalikeError: there is none.
    """
    here = Path.cwd()
    for depth, folder in enumerate((here, *here.parents)):
        if (folder / "dvc.yaml").is_file():
            return Path(*[".."] * depth)
    raise LookalikeError(f"{here}: no dvc.yaml here or above; change to a Lookalike project")


def cache_folder() -> Path:
    """The one cache: `.cache` in `$DVC_ROOT`, which temporary experiments share, else here.

    Content-addressed and safe to delete.
    """
    return Path(os.environ.get("DVC_ROOT", ".")) / ".cache"
