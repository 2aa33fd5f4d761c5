"""Presets, put into `params.yaml`."""

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams, read_yaml
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.project.parameters import read_all
from lookalike.project.preset import NAMED, apply_preset, preset_names

OneLineError = Callable[..., AbstractContextManager[None]]

REPOSITORY = Path(__file__).parents[2]
NAMES = preset_names(Layout(REPOSITORY))


def comments(text: str) -> list[str]:
    return re.findall("#.*", text)


@pytest.fixture
def params(project: Path) -> Path:
    return project / "params.yaml"


def test_the_names_are_those_of_the_files(project: Path) -> None:
    (project / "presets" / "a.yaml").touch()
    assert preset_names(Layout(project)) == ["a", *NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_of_the_project_is_valid(name: str, project: Path, params: Path) -> None:
    apply_preset(Layout(project), name, project, None)
    read_all(params)


@pytest.mark.parametrize("name", NAMES)
def test_comments_and_the_order_of_keys_stay(name: str, project: Path, params: Path) -> None:
    before, keys = params.read_text(), read_yaml(params)
    apply_preset(Layout(project), name, project, None)
    assert comments(params.read_text()) == comments(before)
    assert [(n, list(b)) for n, b in read_yaml(params).items()] == [
        (n, list(b)) for n, b in keys.items()
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
def test_digits_after_any_others_is_the_committed_file_byte_for_byte(
    project: Path, params: Path, others: list[str]
) -> None:
    weights = project / "weights.pth"
    weights.write_bytes(b"weights")
    before = params.read_bytes()
    for other in others:
        apply_preset(Layout(project), other, project, weights)
    assert params.read_bytes() != before
    apply_preset(Layout(project), "digits", None, None)
    assert params.read_bytes() == before == (REPOSITORY / "params.yaml").read_bytes()


def test_what_a_preset_does_not_name_gets_its_default(project: Path, params: Path) -> None:
    text = params.read_text()
    params.write_text(text.replace("seed: 0", "seed: 5").replace("lr: 0.001", "lr: 0.002"))
    apply_preset(Layout(project), "digits", None, None)
    assert params.read_text() == text


def test_a_value_that_stays_keeps_its_way_of_being_written(project: Path, params: Path) -> None:
    text = params.read_text().replace("lr: 0.001", "lr: 1.0e-3").replace("adamw", "'adamw'", 1)
    params.write_text(text)
    apply_preset(Layout(project), "digits", None, None)
    assert params.read_text() == text


def test_what_a_preset_names_is_what_it_says(project: Path, params: Path) -> None:
    apply_preset(Layout(project), "caltech101", project, None)
    overlay, content = read_yaml(project / "presets" / "caltech101.yaml"), read_yaml(params)
    for block, values in overlay.items():
        assert agree(content[block], values)


def agree(content: Any, overlay: Any) -> bool:
    """Whether everything that a preset names, at any depth, is in the parameters."""
    if not isinstance(overlay, dict):
        return bool(content == overlay)
    return all(agree(content[key], value) for key, value in overlay.items())


def test_who_may_ask_stays(project: Path, params: Path) -> None:
    yaml = YAML()
    content = yaml.load(params)
    content["serve"]["port"] = 7777
    content["bot"]["allowed_chats"] = [7]
    yaml.dump(content, params)
    apply_preset(Layout(project), "smoke", None, None)
    assert read_all(params).serve.port == 7777
    assert read_all(params).bot.allowed_chats == [7]


def test_the_machine_block_stays(project: Path, params: Path) -> None:
    yaml = YAML()
    content = yaml.load(params)
    content["machine"]["workers"] = 7
    yaml.dump(content, params)
    apply_preset(Layout(project), "smoke", None, None)
    assert read_all(params).machine == MachineParams(workers=7)


@pytest.mark.parametrize("block", NAMED)
def test_a_block_that_is_absent_or_empty_is_filled(block: str, project: Path, params: Path) -> None:
    whole = read_all(params)
    for text in ("machine:\n  workers: 2\n", f"machine:\n  workers: 2\n{block}:\n"):
        params.write_text(text)
        apply_preset(Layout(project), "digits", None, None)
        assert read_all(params) == whole


# --- paths -----------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [".", "below"])
def test_a_source_inside_the_project_is_written_relative_to_it(
    folder: str, project: Path, params: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "photos").mkdir()
    (project / "below").mkdir()
    monkeypatch.chdir(project / folder)
    root = Path("." if folder == "." else "..")
    apply_preset(Layout(root), "digits", root / "photos", None)
    assert read_all(params).ingest.source == "photos"


def test_a_source_outside_the_project_is_written_as_an_absolute_path(
    project: Path, params: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = project.parent / f"{project.name} photos"
    outside.mkdir()
    monkeypatch.chdir(project)
    apply_preset(Layout(project), "digits", f"../{outside.name}", None)
    assert read_all(params).ingest.source == str(outside)


def test_a_link_inside_the_project_stays_that_link(project: Path, params: Path) -> None:
    outside = project.parent / f"{project.name} photos"
    outside.mkdir(exist_ok=True)
    (project / "photos").symlink_to(outside)
    apply_preset(Layout(project), "digits", project / "photos", None)
    assert read_all(params).ingest.source == "photos"


@pytest.mark.parametrize("scheme", ["s3", "gs", "azure", "hf", "https"])
def test_an_address_is_written_as_it_is(scheme: str, project: Path, params: Path) -> None:
    source, weights = f"{scheme}://place/photos", f"{scheme}://place/weights.safetensors"
    apply_preset(Layout(project), "digits", source, weights)
    assert read_all(params).ingest.source == source
    assert read_all(params).train.weights == weights
    assert read_all(params).train.weights_sha256 is None


def test_a_long_path_with_spaces_stays_as_it_is(project: Path, params: Path) -> None:
    source = project.parent / "my photos" / " of ".join(["a long journey"] * 12)
    source.mkdir(parents=True, exist_ok=True)
    apply_preset(Layout(project), "digits", source, None)
    assert read_all(params).ingest.source == str(source)


def test_weights_are_pinned_by_their_hash(project: Path, params: Path) -> None:
    (project / "w.pth").write_bytes(b"weights")
    apply_preset(Layout(project), "digits", None, project / "w.pth")
    train = read_all(params).train
    assert train.weights == "w.pth"
    assert train.weights_sha256 == hashlib.sha256(b"weights").hexdigest()


def test_weights_may_be_a_whole_model(project: Path, params: Path, tiny_model: Path) -> None:
    apply_preset(Layout(project), "digits", None, tiny_model)
    assert read_all(params).train.weights_sha256 == fingerprint(tiny_model)


def test_weights_of_a_second_backbone_are_pinned_alike(project: Path, params: Path) -> None:
    (project / "w.pth").write_bytes(b"weights")
    apply_preset(Layout(project), "caltech101", project, None, project / "w.pth")
    second = read_all(params).train.second_backbone
    assert second is not None
    assert second.weights == "w.pth"
    assert second.weights_sha256 == hashlib.sha256(b"weights").hexdigest()


# --- what is refused, and changes nothing ----------------------------------------------------


def test_an_unknown_preset_is_one_line(
    project: Path, params: Path, one_line_error: OneLineError
) -> None:
    before = params.read_bytes()
    with one_line_error("preset digit: there is none; there are", *NAMES):
        apply_preset(Layout(project), "digit", None, None)
    assert params.read_bytes() == before


def test_a_preset_that_needs_a_source_says_so(
    project: Path, params: Path, one_line_error: OneLineError
) -> None:
    before = params.read_bytes()
    with one_line_error("preset caltech101: say where the images are: --source PATH"):
        apply_preset(Layout(project), "caltech101", None, None)
    assert params.read_bytes() == before


def test_a_source_that_is_not_there_is_one_line(
    project: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("--source nowhere: there is no such file or folder"):
        apply_preset(Layout(project), "caltech101", Path("nowhere"), None)


def test_weights_that_are_not_there_are_one_line(
    project: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("--weights none.pth: there is no such file or folder"):
        apply_preset(Layout(project), "digits", None, Path("none.pth"))


@pytest.mark.parametrize("text", [None, "", "base: [\n"])
def test_a_parameter_file_that_cannot_be_read_is_one_line(
    text: str | None, project: Path, params: Path, one_line_error: OneLineError
) -> None:
    params.unlink()
    if text is not None:
        params.write_text(text)
    with one_line_error(str(params)):
        apply_preset(Layout(project), "digits", None, None)


@pytest.mark.parametrize("block", ["trian", "machine"])
def test_a_preset_with_a_block_that_there_is_not_is_one_line(
    block: str, project: Path, params: Path, one_line_error: OneLineError
) -> None:
    (project / "presets" / "mine.yaml").write_text(
        f"ingest: {{source: data/samples}}\n{block}: {{workers: 1}}\n"
    )
    before = params.read_bytes()
    with one_line_error(f"presets/mine.yaml: {block}: there is no such block", "ingest, split"):
        apply_preset(Layout(project), "mine", None, None)
    assert params.read_bytes() == before


def test_a_preset_with_a_mistake_is_one_line_that_names_its_file(
    project: Path, params: Path, one_line_error: OneLineError
) -> None:
    (project / "presets" / "mine.yaml").write_text(
        "ingest: {source: data/samples}\ntrain: {epochs: -1}\n"
    )
    before = params.read_bytes()
    with one_line_error("presets/mine.yaml: train.epochs = -1"):
        apply_preset(Layout(project), "mine", None, None)
    assert params.read_bytes() == before


def test_weights_of_a_second_backbone_that_is_not_there_are_one_line(
    project: Path, params: Path, one_line_error: OneLineError
) -> None:
    before = params.read_bytes()
    with one_line_error("preset digits: has no second backbone", "--second-weights"):
        apply_preset(Layout(project), "digits", None, None, "https://example.org/w.pth")
    assert params.read_bytes() == before
