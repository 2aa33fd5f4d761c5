"""Fewer bits may not cost more than is allowed."""

import json
import runpy
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch

from lookalike.core.layout import Layout
from lookalike.evaluate.quality_drop import check_quality
from lookalike.images.split_file import SplitImage, read_split
from lookalike.images.store import ImageStore
from lookalike.inference.embedder import Embedder
from lookalike.inference.embeddings import open_embeddings
from lookalike.model.artifact import load_model
from lookalike.model.network import Output

OneLineError = Callable[..., AbstractContextManager[None]]

SCRIPT = Path(__file__).parents[2] / "src" / "evaluate.py"
TEST = [SplitImage(n, f"{n}.png", label, "test", str(n)) for n, label in enumerate("aabbcc")]
GOOD = Output(torch.eye(3).repeat_interleave(2, dim=0), None)
# The second a is taken for a b.
WORSE = Output(GOOD.embeddings[[0, 2, 2, 3, 4, 5]], None)


def test_as_good_as_in_fp32_is_let_through_with_the_figures() -> None:
    assert check_quality(TEST, GOOD, GOOD, 0.0) == {"recall_at_1": 1.0, "map_at_r": 1.0}
    assert check_quality(TEST, GOOD, WORSE, 0.0)["recall_at_1"] < 1


def test_a_larger_drop_than_is_allowed_is_one_line(one_line_error: OneLineError) -> None:
    check_quality(TEST, WORSE, GOOD, 0.7)
    with one_line_error("recall_at_1 is", "in fp32 1.0000", "map_at_r", "max_quality_drop = 0.1"):
        check_quality(TEST, WORSE, GOOD, 0.1)


def test_where_nothing_is_to_be_found_nothing_is_compared() -> None:
    assert (
        check_quality(TEST[::2], Output(torch.eye(3), None), Output(torch.eye(3), None), 0.0) == {}
    )
    assert (
        check_quality([], Output(torch.empty(0, 3), None), Output(torch.empty(0, 3), None), 0) == {}
    )


def test_the_stage_measures_what_the_engine_computes_beside_what_torch_does_in_fp32(
    int8_project: Path, tiny_images: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(int8_project, tmp_path / "project", symlinks=True)
    monkeypatch.chdir(tmp_path / "project")
    project = Layout(Path())
    runpy.run_path(str(SCRIPT))["main"](project)
    metrics = json.loads((project.metrics / "evaluate.json").read_text())
    test = [image for image in read_split(project.split, tiny_images) if image.split == "test"]
    rows = [image.row for image in test]
    in_int8 = Output(torch.tensor(open_embeddings(project.embeddings).vectors[rows]), None)
    in_fp32 = Embedder(load_model(project.model), 16).outputs(tiny_images, rows)
    assert not torch.equal(in_int8.embeddings, in_fp32.embeddings)
    for found, output in ((metrics, in_int8), (metrics["in_fp32"], in_fp32)):
        expected = check_quality(test, output, output, 0.0)
        assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
