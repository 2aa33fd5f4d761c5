"""The cards of a model and its data set: real figures, in forms that the Hub and others read."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from lookalike.cli import app
from lookalike.core.csv_file import write_csv
from lookalike.core.hashing import sha256_of_file
from lookalike.core.json_file import to_json, write_json
from lookalike.core.layout import Layout
from lookalike.evaluate.evaluation import TABLES
from lookalike.record.cards import write_cards
from lookalike.record.data_card import size_category

OneLineError = Callable[..., AbstractContextManager[None]]
REPOSITORY = Path(__file__).parents[2]
DATA, MODEL = "5d" * 16, "ab" * 32
HOSTILE = "a|b <script>@all</script>"
EVALUATION: dict[str, Any] = {
    "test_images": 18,
    "accuracy": 0.944444,
    "recall_at_1": 0.888889,
    "intervals": {"accuracy": [0.833333, 1.0], "recall_at_1": [0.722222, 1.0]},
}


@pytest.fixture
def measured(tmp_path: Path, tiny_split: Path) -> Layout:
    """A project whose pipeline has run to the end, and nothing but the split was pulled."""
    layout = Layout(tmp_path)
    (tmp_path / "dvc.yaml").touch()
    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    layout.split.parent.mkdir()
    shutil.copy(tiny_split, layout.split)
    write_json(layout.libraries, {"numpy": "2.4.6", "umap-learn": "not installed"})
    outs = [{"path": "data/images", "md5": f"{DATA}.dir"}]
    lock = to_json({"schema": "2.0", "stages": {"ingest": {"outs": outs}}})
    (tmp_path / "dvc.lock").write_text(lock)
    by_class = {str(label): [14, 3, 3] for label in range(5)} | {HOSTILE: [14, 3, 3]}
    metrics: dict[str, dict[str, Any]] = {
        "ingest": {"images": 120, "classes": 6, "unlabeled": 0, "rejected": 0, "duplicates": 0},
        "split": {
            **{"images": 120, "classes": 6, "train": 84, "valid": 18, "test": 18, "left_out": 0},
            **{f"classes_without_{subset}": 0 for subset in ("train", "valid", "test")},
            "links_across_subsets": 2,
            "images_by_class": by_class,
            "sha256": sha256_of_file(layout.split),
        },
        "train": {
            **{"epochs": 3, "best_epoch": 2, "classes": 6},
            **{"train_images": 84, "valid_images": 18},
        },
        "evaluate": EVALUATION,
        "index": {"recall_at_10": 0.9959},
    }
    for stage, content in metrics.items():
        write_json(layout.metrics / f"{stage}.json", content)
    rows = [(HOSTILE, 3, 1.0, 0.75, 0.857143, 1.0, 0.9)]
    write_csv(layout.evaluation / "classes.csv", TABLES["classes"], rows)
    (layout.evaluation / "model.sha256").write_text(f"{MODEL}\n")
    return layout


def written(project: Layout, **licenses: str) -> dict[str, str]:
    """The cards, by their paths."""
    folder = project.root / "cards"
    write_cards(project, folder, **licenses)
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.*"))
    }


def test_the_hub_reads_the_figures_of_the_model_card(measured: Layout) -> None:
    from huggingface_hub import EvalResult, ModelCard

    card = ModelCard(written(measured, license="apache-2.0")["model/README.md"])
    assert card.data.license == "apache-2.0"
    found = {result.metric_type: result for result in card.data.eval_results}
    assert {name: result.metric_value for name, result in found.items()} == {
        "accuracy": 0.944444,
        "recall_at_1": 0.888889,
    }
    assert found["accuracy"] == EvalResult(
        task_type="image-classification",
        dataset_type="samples",
        dataset_name="samples",
        dataset_split="test",
        dataset_revision=DATA,
        metric_type="accuracy",
        metric_name="Accuracy",
        metric_value=0.944444,
    )


def test_the_model_card_has_intervals_provenance_and_limits(measured: Layout) -> None:
    card = written(measured)["model/README.md"]
    assert "| Accuracy | 0.9444 | 0.8333 to 1.0000 |" in card
    assert all(digest in card for digest in (MODEL, DATA, sha256_of_file(measured.split)))
    assert "| train.lr | 0.001 |" in card.replace("\\", "")
    assert "the index finds 99.59%" in card
    assert "| numpy | 2.4.6 |" in card
    assert "umap" not in card
    assert "6 of 6 classes have fewer than 20 test images" in card
    assert "Near-duplicates were not searched for" in card


def test_the_hub_reads_the_data_card(measured: Layout) -> None:
    from huggingface_hub import DatasetCard

    card = DatasetCard(written(measured, data_license="cc-by-4.0")["data/README.md"])
    assert card.data.license == "cc-by-4.0"
    assert card.data.size_categories == ["n<1K"]


def test_the_data_card_counts_the_images_of_each_class_and_says_how_they_were_split(
    measured: Layout,
) -> None:
    card = written(measured)["data/README.md"]
    assert "| 3 | 14 | 3 | 3 |" in card
    assert "| all | 84 | 18 | 18 |" in card
    assert "The method is stratified" in card
    assert sha256_of_file(measured.split) in card


def test_leaks_between_subsets_are_counted(measured: Layout) -> None:
    text = measured.params.read_text()
    measured.params.write_text(text.replace("near_duplicates: null", "near_duplicates: {}"))
    for card in ("model/README.md", "data/README.md"):
        assert "pairs in two subsets: 2." in written(measured)[card]


def test_a_license_is_never_made_up(measured: Layout) -> None:
    cards = written(measured)
    assert not any("license:" in text or '"license"' in text for text in cards.values())
    assert "under which license, is not stated" in cards["data/README.md"]


def test_labels_are_text_and_never_markup(measured: Layout) -> None:
    for name, card in written(measured).items():
        if name.endswith(".md"):
            page = MarkdownIt("commonmark").enable("table").render(card)
            assert "<script" not in page
            assert "@all" not in page


def test_what_the_parameter_file_leaves_out_is_its_default(measured: Layout) -> None:
    measured.params.write_text("ingest: {source: data/samples}\n")
    assert "| split.method | stratified |" in written(measured)["data/README.md"].replace("\\", "")


def test_a_model_that_was_not_trained_has_a_card(measured: Layout) -> None:
    write_json(measured.metrics / "train.json", {"epochs": 0, "classes": 0})
    write_json(measured.metrics / "evaluate.json", {"test_images": 0})
    write_csv(measured.evaluation / "classes.csv", TABLES["classes"], [])
    assert "knows no classes" in written(measured)["model/README.md"]


def test_the_same_run_gives_the_same_bytes(measured: Layout) -> None:
    assert written(measured) == written(measured)


@pytest.mark.full
def test_croissant_is_valid_and_its_records_are_the_images(measured: Layout) -> None:
    import mlcroissant

    written(measured, data_license="https://creativecommons.org/licenses/by/4.0/")
    path = measured.root / "cards/data/croissant.json"
    data = mlcroissant.Dataset(jsonld=path)  # which raises where anything is not valid
    records = list(data.records("images"))
    assert len(records) == 120
    assert records[0].keys() == {f"images/{name}" for name in ("id", "path", "label", "split")}
    classes = {record["classes/name"]: record for record in data.records("classes")}
    assert classes[HOSTILE]["classes/train"] == 14


def test_a_split_that_was_not_measured_is_one_line(
    measured: Layout, one_line_error: OneLineError
) -> None:
    with measured.split.open("a") as file:
        file.write("\n")
    with one_line_error("data/split.csv: is not that of metrics/split.json"):
        written(measured)
    measured.split.unlink()
    with one_line_error("data/split.csv: missing; run 'dvc pull "):
        written(measured)


def test_before_the_pipeline_has_run_it_is_one_line(
    measured: Layout, one_line_error: OneLineError
) -> None:
    (measured.metrics / "evaluate.json").unlink()
    with one_line_error("metrics/evaluate.json: missing; run the pipeline first"):
        written(measured)


def test_a_folder_of_something_else_stays_as_it_is(
    measured: Layout, one_line_error: OneLineError
) -> None:
    (measured.root / "cards").mkdir()
    (measured.root / "cards/notes.txt").write_text("mine")
    with one_line_error("holds notes.txt"):
        written(measured)
    assert (measured.root / "cards/notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("images", "name"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M")]
)
def test_sizes_have_the_names_of_the_hub(images: int, name: str) -> None:
    assert size_category(images) == name


def test_the_command_says_where_they_are(measured: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    monkeypatch.chdir(measured.root)
    done = CliRunner().invoke(app, ["card", "--license", "mit"], catch_exceptions=False)
    assert done.stdout == "cards holds the cards of the last run: model/README.md, data/README.md\n"
    assert json.loads(Path("cards/data/croissant.json").read_text())["name"] == "samples"
