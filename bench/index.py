"""The engines side by side, each through our interface and called directly.

    python -m bench.index VECTORS [--rows 200000] [--queries 1000] [--engines annoy faiss ...]

VECTORS is the `vectors.npy` of an embed stage. The engines index it as it is, and --rows vectors
that are made from it: each a real one, moved by a twentieth of its length in a random direction.
Each engine runs in a process of its own, on one thread. The overhead is what a query through an
`Index` costs more than one of the library alone: they take turns, medians count.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from bench.fresh_process import in_fresh_process
from lookalike.index.building import build_index
from lookalike.index.engines.annoy import Annoy
from lookalike.index.engines.faiss import Faiss
from lookalike.index.engines.registry import ENGINES, engine_kind, tune
from lookalike.index.engines.usearch import Usearch
from lookalike.index.index import Index
from lookalike.index.recall import recall_at_10
from lookalike.index.storage import open_index
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import Vectors, inverse

K = 10
ROUNDS = 3
BATCHES = 5
QUERIES_AT_ONCE = 256  # of exact search by torch alone
TUNING_QUERIES = 1000
PERTURBATION = 0.05
BLOCK = 10_000


def perturbed(values: np.ndarray, rows: int, seed: int = 0) -> np.ndarray:
    """Vectors near real ones."""
    random = np.random.default_rng(seed)
    made = np.empty((rows, values.shape[1]), np.float32)
    for start in range(0, rows, BLOCK):
        chosen = np.arange(start, min(start + BLOCK, rows)) * len(values) // rows
        block = values[chosen]
        noise = random.normal(size=block.shape).astype(np.float32)
        lengths = np.linalg.norm(block, axis=1, keepdims=True)
        noise *= PERTURBATION * lengths / np.linalg.norm(noise, axis=1, keepdims=True)
        made[start : start + BLOCK] = block + noise
    return made


def metadata_of(rows: int) -> pa.Table:
    return pa.table(
        {
            "id": [f"{row:064x}" for row in range(rows)],
            "path": [f"{row:07d}.jpg" for row in range(rows)],
            "source": [""] * rows,
            "width": pa.array([1] * rows, pa.int32()),
            "height": pa.array([1] * rows, pa.int32()),
        }
    )


def direct(index: Index, folder: Path) -> tuple[Callable[[np.ndarray], Any], Any]:
    """The library alone: a search of one query, and one of several where the library has it."""
    engine = index.description.engine
    path = str(folder / (engine_kind(engine).file or ""))
    if isinstance(engine, Annoy):
        from annoy import AnnoyIndex

        annoy = AnnoyIndex(index.description.dimension, "angular")
        annoy.load(path)
        nodes = engine.search_k or -1

        def one(query: np.ndarray) -> Any:
            return annoy.get_nns_by_vector(query.tolist(), K, nodes)

        return one, lambda queries: [one(query) for query in queries]
    if isinstance(engine, Faiss):
        import faiss

        found = faiss.read_index(path, faiss.IO_FLAG_MMAP_IFC)
        return lambda query: found.search(query[None], K), lambda queries: found.search(queries, K)
    if isinstance(engine, Usearch):
        from usearch.index import Index as Graph

        graph: Any = Graph.restore(path, view=True)
        graph.expansion_search = engine.expansion
        search = partial(graph.search, count=K, threads=1)
        return search, search
    values = torch.from_numpy(np.asarray(index.vectors.values))
    scale = torch.from_numpy(inverse(index.vectors.lengths))

    def several(queries: np.ndarray) -> Any:
        blocks = torch.from_numpy(queries).split(QUERIES_AT_ONCE)
        return [(block @ values.T).mul_(scale).topk(K, dim=1).indices for block in blocks]

    return lambda query: (values @ torch.from_numpy(query)).mul_(scale).topk(K).indices, several


def seconds(work: Callable[[], object]) -> float:
    """Of the processor: on one thread the same as by the clock, but blind to other processes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def medians(searches: Sequence[Callable[[Any], object]], work: list[Any]) -> list[float]:
    """Median seconds of each search for a piece of work, taking turns at every piece."""
    times: list[list[float]] = [[] for _ in searches]
    for _ in range(ROUNDS):
        for number, piece in enumerate(work):
            for turn in range(len(searches)):
                which = (number + turn) % len(searches)
                times[which].append(seconds(partial(searches[which], piece)))
    return [statistics.median(of_search) for of_search in times]


def peak() -> float:
    """The most memory that this process has held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, path: Path, queries: np.ndarray, folder: Path) -> str:
    """Build, open and search one engine: a line of the table."""
    torch.set_num_threads(1)
    vectors = Vectors.measured(np.asarray(np.load(path, mmap_mode="c")))
    kind = next(kind for kind in ENGINES if kind.name == name)
    params = tune(vectors, kind.params(), TUNING_QUERIES, folder).params
    before = peak()
    build = seconds(lambda: kind.build(vectors, folder / "index-file", params))
    memory = peak() - before
    build_index(vectors.values, metadata_of(len(vectors.values)), folder / name, params)
    opening = seconds(lambda: open_index(folder / name))
    index = open_index(folder / name)
    if name == "faiss":
        import faiss

        faiss.omp_set_num_threads(1)
    one, several = direct(index, folder / name)
    recall = recall_at_10(index.search_many, ExactSearch(vectors, "angular"), queries)
    alone = medians([one, lambda query: index.search(query, K)], list(queries))
    each = medians([several, lambda some: index.search_many(some, K)], [queries] * BATCHES)
    single = (alone[1] - alone[0]) * 1e6
    batch = each[1] / each[0] - 1
    size = index.description.files[kind.file].bytes / 1e6 if kind.file else 0
    return (
        f"| {kind.label(params)} | {build:.1f} | {size:.0f} | {memory:.0f} | {opening * 1000:.0f} "
        f"| {recall:.4f} | {1 / alone[1]:,.0f} "
        f"| {len(queries) / each[1]:,.0f} | {single:+.0f} "
        f"| {batch:+.1%} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="engines side by side")
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--engines", nargs="+", default=[kind.name for kind in ENGINES])
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    real = np.load(arguments.vectors)
    queries = perturbed(real, arguments.queries, seed=1)
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as temporary:
        folder = Path(temporary)
        many = folder / "many.npy"
        if arguments.rows:
            np.save(many, perturbed(real, arguments.rows))
        for path in [arguments.vectors, *([many] if arguments.rows else [])]:
            rows, dimension = np.load(path, mmap_mode="r").shape
            print(
                f"\n{rows:,} x {dimension}\n\n| engine | build, s | file, MB | memory to build, MB "
                "| open, ms | recall@10 | queries/s, one | in batches | overhead, one, µs "
                "| in batches |\n|---|" + "---:|" * 9
            )
            for name in arguments.engines:
                with tempfile.TemporaryDirectory(dir=folder) as own:
                    print(in_fresh_process(measure, name, path, queries, Path(own)), flush=True)


if __name__ == "__main__":
    main()
