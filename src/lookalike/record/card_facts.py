"""What the cards of a model and of its data set say: what a finished run has measured."""

from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from lookalike.core.errors import LookalikeError
from lookalike.core.hashing import sha256_of_file
from lookalike.core.json_file import read_object
from lookalike.core.layout import MEASURED_MODEL, Layout
from lookalike.core.params import BaseParams, read_params
from lookalike.evaluate.params import EvaluateParams
from lookalike.ingest.params import IngestParams
from lookalike.record.provenance import Provenance, provenance, read_metrics, source_name
from lookalike.record.run_parts import flat_params
from lookalike.split.params import SplitParams
from lookalike.train.params import TrainParams

STAGES = ("ingest", "split", "train", "evaluate")


@dataclass(frozen=True)
class Facts:
    """A finished run in figures.

    Attributes:
        metrics: those of each stage; of `index` empty where it has not run.
        params: by names such as `train.lr`, without secrets.
        libraries: the versions of those that are installed.
        model_sha256: the fingerprint of the model that was measured.
        origin: code and data.
    """

    metrics: dict[str, dict[str, Any]]
    params: dict[str, str]
    libraries: dict[str, str]
    model_sha256: str
    origin: Provenance

    @property
    def data_name(self) -> str:
        """A short name of the data set."""
        return source_name(self.params["ingest.source"])

    def block(self, name: str) -> list[tuple[str, str]]:
        """The parameters of a block."""
        return [(key, value) for key, value in self.params.items() if key.startswith(f"{name}.")]

    def leaks(self) -> str:
        """Whether near-duplicates lie in two subsets, as far as it is known."""
        if "split.near_duplicates" in self.params:  # null: else its own keys are there
            return (
                "Near-duplicates were not searched for: the test images may hold copies of "
                "training images, which makes a model look better than it is."
            )
        across = self.metrics["split"]["links_across_subsets"]
        return f"Near-duplicates were kept in one subset; pairs in two subsets: {across}."


def read_facts(project: Layout) -> Facts:
    """Read what a run has left; nothing of it has to be pulled but the split.

    Raises:
        LookalikeError: the pipeline has not run to the end of `evaluate`, or the split that lies
            here is another one than was measured.
    """
    metrics = {stage: read_metrics(project, stage) for stage in (*STAGES, "index")}
    for stage in STAGES:
        if not metrics[stage]:
            path = project.metrics / f"{stage}.json"
            raise LookalikeError(f"{path}: missing; run the pipeline first")
    if not project.split.is_file():
        raise LookalikeError(f"{project.split}: missing; run 'dvc pull {project.split}'")
    if sha256_of_file(project.split) != metrics["split"]["sha256"]:
        raise LookalikeError(f"{project.split}: is not that of metrics/split.json; split again")
    libraries = read_object(project.libraries)
    measured = project.evaluation / MEASURED_MODEL
    return Facts(
        metrics,
        flat_params(
            {
                block.block: read_params(block, path=project.params).model_dump()
                for block in (BaseParams, IngestParams, SplitParams, TrainParams, EvaluateParams)
            }
        ),
        {name: version for name, version in libraries.items() if version[0].isdigit()},
        measured.read_text(encoding="utf-8").strip(),
        provenance(project),
    )


def front_matter(metadata: dict[str, Any]) -> str:
    """The metadata block that a card of Hugging Face begins with; what is None is left out."""
    yaml, text = YAML(), StringIO()
    yaml.width = 10_000  # no line is folded
    yaml.dump({key: value for key, value in metadata.items() if value is not None}, text)
    return f"---\n{text.getvalue()}---"
