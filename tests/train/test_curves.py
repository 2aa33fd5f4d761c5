"""The curves of a training, as files and for the report."""

from pathlib import Path

import pytest

from lookalike.figures.charts import write_charts
from lookalike.train.curves import log_file, training_charts


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What dvclive leaves of two epochs."""
    values = {
        ("train", "loss"): [2, 1],
        ("valid", "loss"): [3, 2],
        ("valid", "recall_at_1"): [0, 1],
    }
    for (subset, name), (first, second) in values.items():
        path = log_file(tmp_path / "log", subset, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"step\t{name}\n1\t{first}\n2\t{second}\n")
    return tmp_path / "log"


def test_each_metric_is_one_chart_of_its_subsets(log: Path) -> None:
    charts = list(training_charts(log))
    assert [chart.title for chart in charts] == ["Training: loss", "Validation: recall@1"]
    [axes] = charts[0].figure.axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert drawn == {"train": [[1, 2], [2, 1]], "valid": [[1, 3], [2, 2]]}


def test_they_are_written_beside_the_other_pictures(log: Path, tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "augmented.png").touch()
    write_charts(tmp_path / "figures", training_charts(log))
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    curves = {f"{name}.{suffix}" for name in ("loss", "recall_at_1") for suffix in ("png", "svg")}
    assert names == curves | {"augmented.png"}


def test_of_a_model_that_was_not_trained_there_are_none(tmp_path: Path) -> None:
    assert list(training_charts(tmp_path / "log")) == []
