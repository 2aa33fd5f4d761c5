"""Stage `index`: the searchable bundle, and how much it loses against exact search.

Reads `data/embeddings/`, `data/images/` and `data/split.csv`; writes `models/index/`,
`metrics/index.json` and `metrics/index/` (the curve that chose the engine's numbers). Retrieval:
each test image is a query against training and validation images, the way a user meets the system.
"""

from lookalike.core.portable import fix_environment

if __name__ == "__main__":
    fix_environment()  # before the libraries that read it are loaded

from functools import partial

from lookalike.core.csv_file import write_csv
from lookalike.core.json_file import rounded, write_metrics
from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams, read_params
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.index.building import build_index, checked_vectors, training_whitening
from lookalike.index.engines.registry import tune
from lookalike.index.metadata import joined_metadata
from lookalike.index.params import IndexParams
from lookalike.index.quality import measure, retrieval_metrics
from lookalike.index.thumbnails import write_thumbnails
from lookalike.index.tuning import Trial
from lookalike.inference.embeddings import open_embeddings
from lookalike.retrieval.vectors import Vectors
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    params, machine = read_params(IndexParams), read_params(MachineParams)
    embeddings = open_embeddings(project.embeddings)
    images = ImageStore(project.images, embeddings.stretch)
    split = read_split(project.split, images)
    metadata = joined_metadata(images.metadata, embeddings, split)
    vectors = checked_vectors(embeddings.vectors, metadata)
    whitening = training_whitening(vectors.values, split, params.whiten)
    values = embeddings.vectors
    if whitening is not None:
        values = whitening(values)
        vectors = Vectors.measured(values)
    engine, trials = tune(vectors, params.engine, params.recall_queries, project.cache)
    thumbnails = None
    if params.thumbnail_size is not None:
        thumbnails = partial(write_thumbnails, images, params.thumbnail_size, machine.workers)
    index = build_index(
        values,
        metadata,
        project.index,
        engine,
        embeddings.model_sha256,
        thumbnails,
        embeddings.numerics,
        whitening,
    )
    built = measure(index, params.recall_queries)
    curve = rounded(trials or [built])
    write_csv(project.index_curves / "recall.csv", Trial._fields, curve)
    retrieval = retrieval_metrics(values, None if whitening is None else embeddings.vectors, split)
    metrics = {"images": len(index), **built._asdict(), **retrieval}
    write_metrics(project.metrics / "index.json", metrics)


if __name__ == "__main__":
    run_stage("index", main)
