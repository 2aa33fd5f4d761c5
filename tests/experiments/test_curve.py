"""The curve of a run by which it may be ended early."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from lookalike.core.errors import DataError
from lookalike.experiments.curve import parse_curve

REPOSITORY = Path(__file__).parents[2]
CURVE = Path("valid/loss.tsv")


def test_what_a_training_logs_is_a_curve() -> None:
    metrics = REPOSITORY / "metrics"
    curve = parse_curve((metrics / "train/plots/metrics/valid/loss.tsv").read_bytes(), CURVE)
    epochs = json.loads((metrics / "train.json").read_text())["epochs"]
    assert [step for step, _ in curve] == list(range(1, epochs + 1))


def test_a_row_that_is_still_being_written_is_left_out() -> None:
    assert parse_curve(b"step\tloss\n1\t0.5\n2\t0.2", CURVE) == [(1, 0.5)]
    assert parse_curve(b"step\tlo", CURVE) == []
    assert parse_curve(b"", CURVE) == []


def test_a_file_of_other_rows_is_refused(
    one_line_error: Callable[..., AbstractContextManager[None]],
) -> None:
    with one_line_error("valid/loss.tsv", "step and value", kind=DataError):
        parse_curve(b"step\tloss\tlr\n1\t0.5\t0.1\n", CURVE)
