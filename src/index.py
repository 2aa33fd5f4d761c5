"""Stage `index`: the searchable bundle, and how much it loses against exact search.

Reads `data/embeddings/`, `data/images/` (metadata only) and `data/split.csv`; writes
`models/index/` and `metrics/index.json`. Retrieval: each test image is a query against training and
validation images, the way a user meets the system.
"""

import torch

from lookalike.core.files import write_metrics
from lookalike.core.layout import EMBEDDINGS, IMAGES, INDEX, METRICS, SPLIT
from lookalike.core.params import read_params
from lookalike.core.stage import run_stage
from lookalike.images.shards import open_metadata
from lookalike.images.split import read_split
from lookalike.index.bundle import bundle_metadata, open_bundle, write_bundle
from lookalike.index.params import IndexParams
from lookalike.index.quality import recall_against_exact, retrieval_from_gallery
from lookalike.model.embeddings import VECTORS, open_embeddings
from lookalike.model.network import normalise


def main() -> None:
    params = read_params(IndexParams)
    embeddings = open_embeddings(EMBEDDINGS)
    split = read_split(SPLIT, IMAGES)
    metadata = bundle_metadata(open_metadata(IMAGES), embeddings.rows, split)
    write_bundle(INDEX, EMBEDDINGS / VECTORS, metadata, embeddings.model_sha256, params)

    bundle = open_bundle(INDEX, embeddings.model_sha256)
    unit = normalise(torch.tensor(embeddings.vectors))
    write_metrics(
        METRICS / "index.json",
        {
            "images": len(bundle),
            "recall_at_10": recall_against_exact(bundle, unit, params.recall_queries),
            "gallery": retrieval_from_gallery(unit, split),
        },
    )


if __name__ == "__main__":
    run_stage("index", main)
