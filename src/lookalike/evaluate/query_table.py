"""What became of each test image: the table that revisions are compared by."""

import torch
from torch import Tensor

from lookalike.core.csv_file import Row
from lookalike.evaluate.prediction import Prediction
from lookalike.images.split_file import SplitImage
from lookalike.retrieval.evaluation import Retrieval
from lookalike.retrieval.neighbors import exact_neighbors

QUERY_COLUMNS = (
    *("id", "path", "label", "predicted_label", "nearest_id"),
    *("correct", "recall_at_1", "average_precision_at_r"),
)


def query_rows(
    test: list[SplitImage], predictions: list[Prediction], unit: Tensor, retrieval: Retrieval
) -> list[Row]:
    """A row of `QUERY_COLUMNS` for each test image, in their order.

    `correct` and `recall_at_1` are 1 or 0. What was not measured is None: the class without a
    classifier, the ranking of an image that has no other of its class to find.

    Args:
        test: the test images.
        predictions: the likeliest class of each.
        unit: the embedding of each, `[n, d]`, rows of length 1.
        retrieval: how well each finds the others of its class.
    """
    nearest = [
        test[position].id
        for found in exact_neighbors(unit, unit, 1, torch.arange(len(test)))
        for position in found.indices.flatten().tolist()
    ]
    first = dict(
        zip(retrieval.queries.tolist(), retrieval.matches[:, :1].flatten().tolist(), strict=True)
    )
    precision = dict(
        zip(retrieval.queries.tolist(), retrieval.scores.get("map_at_r", ()), strict=True)
    )
    return [
        (
            image.id,
            image.path,
            image.label,
            prediction.predicted,
            nearest[number] if nearest else None,
            None if prediction.predicted is None else int(not prediction.wrong),
            int(first[number]) if number in first else None,
            float(precision[number]) if number in precision else None,
        )
        for number, (image, prediction) in enumerate(zip(test, predictions, strict=True))
    ]
