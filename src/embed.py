"""Stage `embed`: the embedding and the predicted class of every ingested image.

Reads the model and `data/images/`; writes `data/embeddings/`, row i for row i of the images.
"""

from lookalike.core.layout import EMBEDDINGS, IMAGES, MODEL
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.core.stage import run_stage
from lookalike.images.shards import open_metadata
from lookalike.model.artifact import fingerprint, load_model
from lookalike.model.compute import fix_compute
from lookalike.model.embeddings import write_embeddings
from lookalike.model.extract import extract


def main() -> None:
    base = read_params(BaseParams)
    workers = read_params(MachineParams).workers
    fix_compute(base)
    model = load_model(MODEL)
    ids = open_metadata(IMAGES)["id"].to_pylist()
    rows = list(range(len(ids)))
    extractions = extract(model, IMAGES, rows, base.inference_batch_size, workers)
    write_embeddings(EMBEDDINGS, ids, model, fingerprint(MODEL), extractions)


if __name__ == "__main__":
    run_stage("embed", main)
