"""What adding images beside an index costs, against building it anew, and what is found then.

    python -m bench.adding VECTORS [--rows 200000] [--share 0.01] [--engine faiss]

VECTORS is the `vectors.npy` of an embed stage; --rows and the share are made from it as
`bench.index` makes them, and the last ones are added to an index of the others: written into the
file of added images, which is opened, as `lookalike add` and the next search do. Embedding is left
out of both. On one thread, processor time; recall@10 is against exact search over all of them, and
a query is searched for alone.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from bench.index import K, medians, metadata_of, perturbed, seconds
from lookalike.fresh.image import FreshImage
from lookalike.fresh.store import Store
from lookalike.index.building import build_index
from lookalike.index.engines.registry import ENGINES, AnyEngine
from lookalike.index.index import Index
from lookalike.index.recall import recall_at_10
from lookalike.index.storage import open_index
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import Vectors
from lookalike.search.gallery import Gallery

QUERIES = 1000
MODEL = "0" * 64
FILE = bytes(15_000)  # as large as one of Caltech-101's
THUMBNAIL = bytes(2_000)


def built(values: np.ndarray, folder: Path, engine: AnyEngine) -> Index:
    """With all that the index stage chooses and writes but thumbnails."""
    return build_index(values, metadata_of(len(values)), folder, engine, MODEL)


def add(store: Store, values: np.ndarray, first: int) -> None:
    """As `lookalike add`, images that are embedded already."""
    names = [f"{row:064x}" for row in range(first, first + len(values))]
    images = [
        FreshImage(name, name, None, f"added:{name}", None, 300, 200, value, THUMBNAIL, FILE)
        for name, value in zip(names, values, strict=True)
    ]
    store.add(images, MODEL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--engine", default="faiss", choices=[kind.name for kind in ENGINES])
    options = parser.parse_args()
    engine = next(kind for kind in ENGINES if kind.name == options.engine).params()
    real = np.load(options.vectors)
    new = round(options.rows * options.share)
    values = perturbed(real, options.rows + new)
    np.random.default_rng(0).shuffle(values)
    queries = perturbed(real, QUERIES, seed=1)
    exact = ExactSearch(Vectors.measured(values), "angular")
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as temporary:
        folder = Path(temporary)
        building = seconds(lambda: built(values[: options.rows], folder / "index", engine))
        index = open_index(folder / "index")
        store = Store(folder / "images.sqlite")
        adding = seconds(lambda: add(store, values[options.rows :], options.rows))
        opening = seconds(lambda: gallery_of(index, store))
        gallery = gallery_of(index, store)
        whole = built(values, folder / "whole", engine)
        searches = [
            lambda query: whole.search(query, K),
            lambda query: gallery.search(query, K),
        ]
        alone, beside = medians(searches, list(queries))
        recalls = [
            recall_at_10(each, exact, queries) for each in (whole.search_many, gallery.search_many)
        ]
    print(f"{options.rows:,} x {values.shape[1]}, {new:,} more, {options.engine}\n")
    print("| | processor, s | recall@10 | a query, ms |\n|---|---:|---:|---:|")
    print(f"| building | {building:.1f} | {recalls[0]:.4f} | {alone * 1e3:.2f} |")
    print(
        f"| adding, and opening | {adding + opening:.2f} | {recalls[1]:.4f} | {beside * 1e3:.2f} |"
    )
    print(f"\n{(adding + opening) / building:.1%} of building")


def gallery_of(index: Index, store: Store) -> Gallery:
    """What is searched: the index, and what was added."""
    dimension = index.description.dimension
    return Gallery(index, store.contents(MODEL, dimension).segment)


if __name__ == "__main__":
    main()
