"""`lookalike collected`: what users have said, in tables that a person commits."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lookalike.cli import app
from lookalike.collect.collection import Collection
from lookalike.collect.hard_negatives import HardNegative

A, B = "a" * 64, "b" * 64


def test_corrections_and_hard_negatives_become_rows_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = Collection(str(tmp_path / "collected"))
    collection.keep(A, b"an image", {"id": A})
    collection.correct(A, "cat", {})
    collection.add_hard_negative(HardNegative(A, B), {}, indexed=False)
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    (project / "dvc.yaml").write_text("stages: {}\n")
    (project / "params.yaml").write_text(f"serve: {{collect: {tmp_path}/collected}}\n")
    (project / "data/corrections.csv").write_text("path,id,action,label\n")
    monkeypatch.chdir(project)
    first, second = (CliRunner().invoke(app, ["collected"], catch_exceptions=False) for _ in "12")
    assert first.output.splitlines() == [
        "data/corrections.csv: 1 new row",
        "data/hard_negatives.csv: 1 new row",
        "look at them, and commit those that are right",
    ]
    assert (project / "data/corrections.csv").read_text().endswith(f"\n,{A},relabel,cat\n")
    assert (project / "data/hard_negatives.csv").read_text() == f"query,hit\n{A},{B}\n"
    assert second.output.splitlines() == [
        "data/corrections.csv: 0 new rows",
        "data/hard_negatives.csv: 0 new rows",
    ]
