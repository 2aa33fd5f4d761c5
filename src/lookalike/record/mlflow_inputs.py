"""What a run of MLflow comes from: code and data as tags, and the data set as its input."""

from typing import TYPE_CHECKING

from lookalike.core.json_file import to_json
from lookalike.core.layout import Layout
from lookalike.record.provenance import Provenance, read_metrics, source_name

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Dataset, Run

COMMIT = "mlflow.source.git.commit"  # MLflow's own, so its page shows it
PROFILE = ("images", "classes", "train", "valid", "test")


def log_inputs(
    client: "MlflowClient", run: "Run", project: Layout, origin: Provenance, source: str
) -> None:
    """Tell MLflow what a run comes from; what it knows already is not sent again.

    Args:
        client: of the server.
        run: the run.
        project: the project that it is of.
        origin: what is known of its provenance.
        source: where the images were taken from, without secrets.
    """
    from mlflow.entities import DatasetInput, InputTag

    for name, value in provenance_tags(origin).items():
        if run.data.tags.get(name) != value:
            client.set_tag(run.info.run_id, name, value)
    known = {each.dataset.digest for each in run.inputs.dataset_inputs} if run.inputs else set()
    if origin.data_md5 is not None and origin.data_md5 not in known:
        context = InputTag("mlflow.data.context", "training")
        dataset = _dataset(project, origin.data_md5, source)
        client.log_inputs(run.info.run_id, [DatasetInput(dataset, [context])])


def provenance_tags(origin: Provenance) -> dict[str, str]:
    """What is known of a run's provenance, by the names of its tags."""
    uncommitted = None if origin.uncommitted is None else str(origin.uncommitted).lower()
    tags = {
        COMMIT: origin.commit,
        "lookalike.uncommitted": uncommitted,
        "lookalike.dvc_lock_sha256": origin.lock_sha256,
        "lookalike.data_md5": origin.data_md5,
        "lookalike.split_sha256": origin.split_sha256,
    }
    return {name: value for name, value in tags.items() if value is not None}


def _dataset(project: Layout, digest: str, source: str) -> "Dataset":
    """The ingested images; type and JSON of the source are those of MLflow's own sources."""
    from mlflow.entities import Dataset

    scheme = source.partition("://")[0].lower() if "://" in source else "local"
    is_web = scheme in {"http", "https"}
    counts = read_metrics(project, "split")
    return Dataset(
        name=source_name(source),
        digest=digest,
        source_type="http" if is_web else scheme,
        source=to_json({"url" if is_web else "uri": source}),
        profile=to_json({name: counts[name] for name in PROFILE if name in counts}),
    )
