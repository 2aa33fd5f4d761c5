"""What a processor computes, as hashes: run natively and on emulated processors.

    python tests/pipeline/portable_figures.py PART

It prints a JSON object of what was computed and the sha256 of its bytes. Libraries are imported in
the parts, so that each is emulated with no more than it needs.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Figures = Iterator[tuple[str, bytes]]


def search() -> Figures:
    """NumPy's functions and products, and exact search."""
    import numpy as np

    from lookalike.retrieval.exact_search import ExactSearch
    from lookalike.retrieval.vectors import Vectors

    random = np.random.default_rng(0)
    values = random.standard_normal((300, 65), dtype=np.float32)
    for function in (np.exp, np.log1p, np.sqrt, np.sin, np.tanh):
        yield f"numpy.{function.__name__}", function(np.abs(values)).tobytes()
        yield f"numpy.{function.__name__}, double", function(np.abs(values, dtype=float)).tobytes()
    yield "numpy.matmul", (values @ values.T).tobytes()
    yield "numpy.linalg.svd", np.linalg.svd(values)[1].tobytes()
    yield "numpy.mean", values.mean(axis=0).tobytes() + values.mean(axis=1).tobytes()
    found = ExactSearch(Vectors.measured(values), "cosine").nearest_of_each(values, 10)
    yield "exact search", found.rows.tobytes()


def annoy() -> Figures:
    """An index of Annoy."""
    import numpy as np
    from annoy import AnnoyIndex

    values = np.random.default_rng(0).standard_normal((300, 65), dtype=np.float32)
    index = AnnoyIndex(values.shape[1], "angular")
    index.set_seed(1)
    for row, vector in enumerate(values):
        index.add_item(row, vector.tolist())
    index.build(5, n_jobs=1)
    with tempfile.TemporaryDirectory() as folder:
        index.save(str(Path(folder) / "annoy"))
        yield "annoy", (Path(folder) / "annoy").read_bytes()


def training() -> Figures:
    """Steps of each optimizer, and embeddings afterwards."""
    import torch

    from lookalike.model.compute import fix_compute
    from lookalike.model.network import EmbeddingNetwork, normalize
    from lookalike.train.params import TrainParams
    from lookalike.train.recipe.objective import Objective
    from lookalike.train.recipe.optimizer import make_optimizer

    for optimizer in ("adamw", "adam", "sgd"):
        fix_compute(threads=2)
        images = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
        network = EmbeddingNetwork("cnn:16", embedding_dim=32, classes=4).train()
        objective = Objective(TrainParams(), classes=4, dimension=32)
        learner = make_optimizer(network, objective, TrainParams(optimizer=optimizer))
        for step in range(3):
            loss = objective(network(images), torch.arange(8) % 4)
            loss.backward()
            learner.step()
            learner.zero_grad()
            yield f"{optimizer}, loss of step {step}", loss.detach().numpy().tobytes()
        for name, tensor in network.state_dict().items():
            yield f"{optimizer}, {name}", tensor.numpy().tobytes()
        with torch.inference_mode():
            embeddings = normalize(network.eval()(images).embeddings)
        yield f"{optimizer}, embeddings", embeddings.numpy().tobytes()


def evaluation() -> Figures:
    """The figures of the stage `evaluate`: retrieval, bootstrap, classification, the map."""
    import numpy as np
    import torch

    from lookalike.evaluate.intervals import macro_f1_interval, mean_interval
    from lookalike.evaluate.projection import project
    from lookalike.model.compute import fix_compute
    from lookalike.model.network import normalize
    from lookalike.retrieval.evaluation import evaluate_rankings

    fix_compute(threads=2)
    unit = normalize(torch.randn(120, 64))
    targets, rows = torch.arange(120) % 7, torch.arange(120)
    retrieval = evaluate_rankings(unit, targets, unit, targets, rows, [1, 5, 10])
    yield "retrieval", json.dumps(retrieval.summary()).encode()
    guessed = torch.where(rows % 3 > 0, targets, 0).numpy()
    yield "interval of a mean", np.array(mean_interval(unit[:, 0].numpy(), 200, 0)).tobytes()
    yield "interval of F1", np.array(macro_f1_interval(targets.numpy(), guessed, 200, 0)).tobytes()
    for method in ("pca", "tsne"):
        yield method, project(unit.numpy(), method, 0).tobytes()  # type: ignore[arg-type]


PARTS: dict[str, Callable[[], Figures]] = {
    "search": search,
    "annoy": annoy,
    "training": training,
    "evaluation": evaluation,
}


def main(part: str) -> None:
    hashes: dict[str, Any] = {n: hashlib.sha256(b).hexdigest() for n, b in PARTS[part]()}
    print(json.dumps(hashes))


if __name__ == "__main__":
    main(sys.argv[1])
