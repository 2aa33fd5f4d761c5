"""What became of each test image: the table that revisions are compared by."""

from lookalike.core.files import Row
from lookalike.evaluate.prediction import Prediction
from lookalike.images.split_file import SplitImage
from lookalike.retrieval.evaluation import Retrieval

QUERY_COLUMNS = (
    *("id", "path", "label", "predicted_label"),
    *("correct", "recall_at_1", "average_precision_at_r"),
)


def query_rows(
    test: list[SplitImage], predictions: list[Prediction], retrieval: Retrieval
) -> list[Row]:
    """A row of `QUERY_COLUMNS` for each test image, in their order.

    `correct` and `recall_at_1` are 1 or 0. What was not measured is None: the class without a
    classifier, the ranking of an image that has no other of its class to find.
    """
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
            None if prediction.predicted is None else int(not prediction.wrong),
            int(first[number]) if number in first else None,
            float(precision[number]) if number in precision else None,
        )
        for number, (image, prediction) in enumerate(zip(test, predictions, strict=True))
    ]
