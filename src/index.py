"""Stage `index`: the searchable bundle, and how much it loses against exact search.

Reads `data/embeddings/`, `data/images/` and `data/split.csv`; writes `models/index/`,
`metrics/index.json` and `metrics/index/` (the curve that chose Annoy's numbers). Retrieval: each
test image is a query against training and validation images, the way a user meets the system.
"""

from functools import partial

import numpy as np
import torch

from lookalike.core.files import Row, rounded, write_csv, write_metrics
from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams, read_params
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.index.bundle_folder import open_bundle, write_bundle
from lookalike.index.engines.registry import engine_kind
from lookalike.index.metadata import bundle_metadata
from lookalike.index.params import IndexParams
from lookalike.index.quality import recall_of_bundle, retrieval_from_gallery
from lookalike.index.thumbnails import write_thumbnails
from lookalike.index.tuning import Trial, choose
from lookalike.inference.embeddings import VECTORS, open_embeddings
from lookalike.model.network import normalize
from lookalike.retrieval.vectors import Vectors
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    params, machine = read_params(IndexParams), read_params(MachineParams)
    embeddings = open_embeddings(project.embeddings)
    images = ImageStore(project.images)
    split = read_split(project.split, images)
    metadata = bundle_metadata(images.metadata, embeddings, split)
    vectors = Vectors(np.asarray(embeddings.vectors), metadata["length"].to_numpy())
    chosen, trials = choose(vectors, params, project.cache)
    thumbnails = None
    if params.thumbnail_size is not None:
        thumbnails = partial(write_thumbnails, images, params.thumbnail_size, machine.workers)
    source = project.embeddings / VECTORS
    write_bundle(project.index, source, metadata, embeddings.model_sha256, chosen, thumbnails)

    bundle = open_bundle(project.index, embeddings.model_sha256)
    description = bundle.description
    recall = recall_of_bundle(bundle, params.recall_queries)
    size = description.files[engine_kind(params.engine).file].bytes
    as_built = (description.trees, description.search_k, recall, size)
    curve: list[Row] = [*trials] or [as_built]
    rows = (rounded([*point]) for point in curve)
    write_csv(project.index_curves / "recall.csv", Trial._fields, rows)
    unit = normalize(torch.tensor(embeddings.vectors))
    write_metrics(
        project.metrics / "index.json",
        {
            "images": len(bundle),
            "recall_at_10": recall,
            "trees": description.trees,
            "search_k": description.search_k,
            "gallery": retrieval_from_gallery(unit, split),
        },
    )


if __name__ == "__main__":
    run_stage("index", main)
