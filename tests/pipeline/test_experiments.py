"""`dvc exp`, `dvc metrics diff`, `dvc params diff` and `dvc plots diff`, as people use them."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from .conftest import Project, wait_for

COUNTED = '        "images": images,'


def edit_the_library(project: Project) -> None:
    """Make the split stage count one thing more."""
    path = project.path("src/lookalike/split/summary.py")
    code = path.read_text(encoding="utf-8")
    edited = code.replace(COUNTED, f'        "edited": 1,\n{COUNTED}')
    assert edited != code
    path.write_text(edited, encoding="utf-8")


@pytest.mark.full
def test_an_edit_of_the_library_takes_effect_in_its_clone_and_only_there(
    finished: Project, tmp_path: Path
) -> None:
    other = finished.clone(tmp_path / "other")
    edit_the_library(other)
    other.run("dvc", "repro", "split")
    finished.run("dvc", "repro", "--force", "--single-item", "split")
    assert "edited" in json.loads(other.read("metrics/split.json"))
    assert "edited" not in json.loads(finished.read("metrics/split.json"))


@pytest.mark.full
def test_an_edit_of_the_library_takes_effect_in_a_temporary_experiment(anywhere: Project) -> None:
    edit_the_library(anywhere)
    anywhere.run("dvc", "exp", "run", "--temp", "--name", "edited", "split")
    reference = anywhere.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").stdout
    revision = next(line for line in reference.splitlines() if line.endswith("/edited"))
    assert "edited" in json.loads(
        anywhere.run("git", "show", f"{revision}:metrics/split.json").stdout
    )
    assert "edited" not in json.loads(anywhere.read("metrics/split.json"))


@pytest.mark.full
def test_a_parameter_in_exponent_notation_arrives_as_a_number(finished: Project) -> None:
    finished.run("dvc", "exp", "run", "--set-param", "train.lr=1e-5", "train")
    assert "1e-05" in finished.read("params.yaml")
    rows = finished.read("metrics/train/plots/metrics/lr.tsv").splitlines()[1:]
    assert float(rows[0].split("\t")[1]) == pytest.approx(1e-05)


@pytest.mark.full
def test_a_range_of_values_is_queued_and_run_on_two_workers_and_can_be_applied(
    anywhere: Project,
) -> None:
    values = "train.lr=range(0.001,0.003,0.001)"
    anywhere.run("dvc", "exp", "run", "--queue", "--name", "lr", "-S", values, "train")
    # Its workers go on when it has ended, now and then for ever: nobody waits for their output.
    anywhere.run("bash", "-c", "dvc queue start --jobs 2 > /dev/null 2>&1")
    wait_for(lambda: anywhere.run("dvc", "queue", "status").stdout.count("Success") == 2)
    anywhere.run("dvc", "queue", "logs", "lr-1")
    anywhere.run("dvc", "queue", "stop", "--kill")
    anywhere.run("dvc", "exp", "apply", "lr-2")
    assert anywhere.params()["train"]["lr"] == 0.002
    rows = anywhere.read("metrics/train/plots/metrics/lr.tsv").splitlines()[1:]
    assert float(rows[0].split("\t")[1]) == pytest.approx(0.002)


def test_values_side_by_side_need_the_queue(finished: Project) -> None:
    command = ("dvc", "exp", "run", "-S", "train.lr=range(0.001,0.003,0.001)")
    assert "without `--queue`" in finished.run(*command, fails=True).stderr


@pytest.mark.full
def test_a_pull_request_shows_what_changed_also_without_the_data(
    finished: Project, tmp_path: Path
) -> None:
    base = finished.commit("base")
    finished.set_params(train__epochs=4)
    finished.run("dvc", "repro", "evaluate")
    changed = finished.commit("one epoch more")
    clone = finished.clone(tmp_path / "without-data")
    declared = {
        name for plot in YAML(typ="safe").load(finished.path("dvc.yaml"))["plots"] for name in plot
    }
    for project in (finished, clone):
        metrics = project.run("dvc", "metrics", "diff", "--md", base, changed).stdout
        assert "valid_loss" in metrics
        params = json.loads(project.run("dvc", "params", "diff", "--json", base, changed).stdout)
        assert params["params.yaml"]["train.epochs"] == {"old": 3, "new": 4, "diff": 1}
        plots = json.loads(project.run("dvc", "plots", "diff", "--json", base, changed).stdout)
        assert set(plots["data"]) == declared
        assert "errors" not in plots


@pytest.mark.full
def test_pictures_are_compared_by_name_for_under_plots_they_cost_a_clone_without_them_all(
    finished: Project, tmp_path: Path
) -> None:
    picture = "metrics/figures/queries.png"
    base = finished.commit("base")
    named = ("dvc", "plots", "diff", "--json", "--targets", picture, "--", base)
    shown = json.loads(finished.run(*named).stdout)["data"][picture]
    assert [image["revisions"] for image in shown] == [["workspace"], [base]]
    assert {image["type"] for image in shown} == {"image"}
    yaml = YAML()
    pipeline = yaml.load(finished.path("dvc.yaml"))
    pipeline["plots"].append(picture)
    yaml.dump(pipeline, finished.path("dvc.yaml"))
    listed = finished.commit("a picture under plots")
    clone = finished.clone(tmp_path / "without-data")
    lost = json.loads(clone.run("dvc", "plots", "diff", "--json", base, listed).stdout)
    assert [error["rev"] for error in lost["errors"]] == [listed]
    assert {rev for plots in lost["data"].values() for rev in plots[0]["revisions"]} == {base}
