"""The picture that tells the story: test images and what looks like them."""

from collections import Counter
from pathlib import Path

import torch
from torch import Tensor

from lookalike.core.seeds import seed_for
from lookalike.evaluate.params import EvaluateParams
from lookalike.evaluate.prediction import Prediction
from lookalike.figures.grid import Panel, draw_grid
from lookalike.images.store import ImageStore
from lookalike.retrieval.neighbors import exact_neighbors

TITLE = "Test images (left) and the other test images that look most like them (cosine)"


def draw_queries(
    path: Path,
    test: list[Prediction],
    embeddings: Tensor,
    images: ImageStore,
    params: EvaluateParams,
    seed: int,
) -> None:
    """Draw some test images, each with its nearest neighbors, into the PNG file `path`.

    Of a class with few test images no more neighbors are drawn than there are others to be found.

    Six parameters, as `draw_figures` has them.

    Args:
        path: the file to write.
        test: the test images.
        embeddings: theirs, rows of length 1.
        images: the image store.
        params: how many queries and neighbors.
        seed: what chooses the queries.
    """

    def panel(position: int, caption: str, right: bool | None) -> Panel:
        return Panel(images.picture(test[position].row), caption, right)

    queries = torch.tensor(choose_queries([image.label for image in test], params, seed))
    depth = params.grid_neighbors
    in_class = Counter(image.label for image in test)
    rows = []
    for found in exact_neighbors(embeddings[queries], embeddings, depth, query_rows=queries):
        for number in range(found.start, found.stop):
            query = int(queries[number])
            row = [panel(query, test[query].label, None)]
            shown = max(1, min(depth, in_class[test[query].label] - 1))
            for position, cosine in zip(
                found.indices[number - found.start, :shown].tolist(),
                found.similarities[number - found.start, :shown].tolist(),
                strict=True,
            ):
                label = test[position].label
                row.append(panel(position, f"{label}\n{cosine:.2f}", label == test[query].label))
            rows.append(row)
    draw_grid(rows, TITLE, path)


def choose_queries(labels: list[str], params: EvaluateParams, seed: int) -> list[int]:
    """Seeded positions, the first image of every class before the second of any."""
    shuffled = sorted(range(len(labels)), key=lambda position: seed_for(seed, "query", position))
    seen: Counter[str] = Counter()
    turns = []
    for position in shuffled:
        turns.append((seen[labels[position]], position))
        seen[labels[position]] += 1
    turns.sort(key=lambda pair: pair[0])
    return [position for _, position in turns[: params.grid_queries]]
