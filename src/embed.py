"""Stage `embed`: the embedding and the predicted class of every ingested image.

Reads the model and `data/images/`; writes `data/embeddings/`, row i for row i of the images. What
was embedded before, here or in `evaluate`, is taken from the embedding cache.
"""

from lookalike.core.portable import fix_environment

if __name__ == "__main__":
    fix_environment()  # before the libraries that read it are loaded

from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.images.store import ImageStore
from lookalike.inference.starting import start_embedder
from lookalike.inference.writing import write_embeddings
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    base = read_params(BaseParams, "threads", "inference_batch_size")
    embedder = start_embedder(project, base, read_params(MachineParams))
    images = ImageStore(project.images)
    if embedder.is_worker:
        embedder.run_worker(images)
    else:
        write_embeddings(project.embeddings, images, embedder)


if __name__ == "__main__":
    run_stage("embed", main)
