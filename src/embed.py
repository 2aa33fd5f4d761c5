"""Stage `embed`: the embedding and the predicted class of every ingested image.

Reads the model and `data/images/`; writes `data/embeddings/`, row i for row i of the images. What
was embedded before, here or in `evaluate`, is taken from the memo.
"""

from lookalike.core.layout import EMBEDDINGS, IMAGES, MODEL
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.images.shards import open_metadata
from lookalike.inference.cache_key import open_embedding_cache
from lookalike.inference.devices import launch_processes
from lookalike.inference.embedder import extract
from lookalike.inference.embeddings import write_embeddings
from lookalike.inference.forward import run_worker
from lookalike.model.artifact import load_model
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.model.compute import fix_compute
from lookalike.terminal.stage import run_stage


def main() -> None:
    base = read_params(BaseParams)
    machine = read_params(MachineParams)
    processes = launch_processes(machine, base)
    fix_compute(base)
    model, model_sha256 = load_model(MODEL), fingerprint(MODEL)
    batch_size, workers = base.inference_batch_size, machine.workers
    if processes.rank > 0:
        run_worker(model, IMAGES, batch_size, workers, processes)
        return
    ids = open_metadata(IMAGES)["id"]
    rows = range(len(ids))
    with open_embedding_cache(model, model_sha256, IMAGES, batch_size, machine) as memo:
        extractions = extract(model, IMAGES, rows, batch_size, workers, memo, processes)
        write_embeddings(EMBEDDINGS, ids, model, model_sha256, extractions)


if __name__ == "__main__":
    run_stage("embed", main)
