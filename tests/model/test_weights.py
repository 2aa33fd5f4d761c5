"""Pretrained weights, checked before they are trusted."""

import hashlib
import pickle
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save, save_file
from torch import Tensor

from lookalike.core.errors import LookalikeError
from lookalike.core.hashing import sha256_of_file
from lookalike.model.backbones import build_backbone, build_classifier
from lookalike.model.inflate import inflate_filters
from lookalike.model.vision import models
from lookalike.model.weights import load_backbone, read_weights

OneLineError = Callable[..., AbstractContextManager[None]]
StateDict = dict[str, Tensor]

NAME = "mobilenet_v3_small"

FORMS: dict[str, Callable[[StateDict, Path], None]] = {
    "weights.safetensors": save_file,
    "weights.pth": torch.save,
    "old.pth": partial(torch.save, _use_new_zipfile_serialization=False),
}
NO_CACHE = Path("no cache is needed for a file")


class Surprise:
    """Unpickling this creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def same(one: StateDict, other: StateDict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


# --- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_weights_is_read_as_it_was_written(
    form: str, classifier_weights: StateDict, tmp_path: Path
) -> None:
    FORMS[form](classifier_weights, tmp_path / form)
    assert same(read_weights(str(tmp_path / form), NAME, None, NO_CACHE), classifier_weights)


def test_the_name_of_a_file_does_not_decide_its_form(
    classifier_weights: StateDict, tmp_path: Path
) -> None:
    save_file(classifier_weights, tmp_path / "weights.pth")
    assert same(
        read_weights(str(tmp_path / "weights.pth"), NAME, None, NO_CACHE), classifier_weights
    )


def test_a_missing_file_is_one_line(one_line_error: OneLineError, tmp_path: Path) -> None:
    with one_line_error("train.weights", f"{tmp_path}/none.pth", "no such file"):
        read_weights(f"{tmp_path}/none.pth", NAME, None, NO_CACHE)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x89PNG\r\n\x1a\n"])
def test_a_file_of_something_else_is_one_line(
    content: bytes, one_line_error: OneLineError, tmp_path: Path
) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with one_line_error("w.pth", "neither a safetensors file nor a PyTorch file"):
        read_weights(str(tmp_path / "w.pth"), NAME, None, NO_CACHE)


def test_a_whole_checkpoint_is_no_state_dictionary(
    one_line_error: OneLineError, tmp_path: Path
) -> None:
    torch.save({"epoch": 3, "model": {"a": torch.zeros(1)}}, tmp_path / "w.pth")
    with one_line_error("w.pth", "not a state dictionary of tensors"):
        read_weights(str(tmp_path / "w.pth"), NAME, None, NO_CACHE)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@given(
    st.sampled_from(["safetensors", "pth"]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3),
    st.integers(0, 3000),
)
def test_a_damaged_file_gives_tensors_or_one_line(
    form: str, changes: list[tuple[int, int]], length: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        state = {"a": torch.ones(3, 4), "b": torch.arange(5)}
        if form == "pth":
            torch.save(state, path, _use_new_zipfile_serialization=False)
        else:
            path.write_bytes(save(state))
        content = bytearray(path.read_bytes())[:length]
        for place, value in changes:
            content[place : place + 1] = bytes([value])
        path.write_bytes(content)
        try:
            read = read_weights(str(path), NAME, None, NO_CACHE)
        except LookalikeError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert all(isinstance(value, Tensor) for value in read.values())


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("write", [torch.save, lambda it, path: path.write_bytes(pickle.dumps(it))])
def test_code_in_a_pickle_is_never_run(
    write: Callable[[object, Path], object], one_line_error: OneLineError, tmp_path: Path
) -> None:
    write({"a": Surprise(tmp_path / "surprise")}, tmp_path / "w.pth")
    with one_line_error("w.pth", "holds only weights"):
        read_weights(str(tmp_path / "w.pth"), NAME, None, NO_CACHE)
    assert not (tmp_path / "surprise").exists()


# --- the pinned hash -------------------------------------------------------------------------


@pytest.fixture
def weights_file(classifier_weights: StateDict, tmp_path: Path) -> Path:
    save_file(classifier_weights, tmp_path / "weights.safetensors")
    return tmp_path / "weights.safetensors"


def test_a_file_with_the_pinned_hash_is_taken_in_silence(
    weights_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_weights(str(weights_file), NAME, sha256_of_file(weights_file), NO_CACHE)
    assert capsys.readouterr() == ("", "")


def test_a_file_with_another_hash_is_refused(
    weights_file: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(sha256_of_file(weights_file), "train.weights_sha256 is 00000000"):
        read_weights(str(weights_file), NAME, "0" * 64, NO_CACHE)


def test_where_no_hash_is_pinned_the_line_to_add_is_printed(
    weights_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read_weights(str(weights_file), NAME, None, NO_CACHE)
    assert f"add  weights_sha256: {sha256_of_file(weights_file)}\n" in capsys.readouterr().err


# --- into a backbone -------------------------------------------------------------------------


def test_the_weights_of_a_classifier_fit_its_backbone(classifier_weights: StateDict) -> None:
    backbone, _ = build_backbone(NAME)
    load_backbone(backbone, classifier_weights, "w.pth")
    loaded = backbone.state_dict()
    dropped = {"classifier.3.weight", "classifier.3.bias"}
    assert same(loaded, {k: v for k, v in classifier_weights.items() if k not in dropped})


def test_files_from_before_batch_counters_still_fit(classifier_weights: StateDict) -> None:
    old = {k: v for k, v in classifier_weights.items() if not k.endswith("num_batches_tracked")}
    backbone, _ = build_backbone(NAME)
    load_backbone(backbone, old, "w.pth")
    assert torch.equal(
        backbone.state_dict()["features.0.0.weight"], classifier_weights["features.0.0.weight"]
    )


def test_weights_of_another_backbone_are_refused_with_the_missing_tensors(
    classifier_weights: StateDict, one_line_error: OneLineError
) -> None:
    backbone, _ = build_backbone("resnet18")
    with one_line_error(
        "w.pth does not fit train.backbone", "100 of 100", "(conv1.weight, bn1.*, "
    ):
        load_backbone(backbone, classifier_weights, "w.pth")


def test_a_tensor_of_another_shape_is_a_misfit(
    classifier_weights: StateDict, one_line_error: OneLineError
) -> None:
    backbone, _ = build_backbone(NAME)
    gray = classifier_weights | {"features.0.0.weight": torch.zeros(16, 1, 3, 3)}
    with one_line_error("1 of ", "(features.0.0.weight)"):
        load_backbone(backbone, gray, "w.pth")


def test_a_backbone_that_nothing_fits_stays_as_it_was(classifier_weights: StateDict) -> None:
    backbone, _ = build_backbone(NAME)
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    partly = {k: v for k, v in classifier_weights.items() if k != "features.0.0.weight"}
    with pytest.raises(LookalikeError):
        load_backbone(backbone, partly, "w.pth")
    assert same(backbone.state_dict(), before)


def test_weights_that_fit_in_part_are_refused_with_all_that_is_missing(
    one_line_error: OneLineError,
) -> None:
    backbone, _ = build_backbone("resnet18")
    whole = build_classifier("resnet18").state_dict()
    partly = {k: v for k, v in whole.items() if not k.startswith("layer4") and k != "bn1.bias"}
    with one_line_error("26 of 100", "(bn1.bias, layer4.*)", "weights_strict: false"):
        load_backbone(backbone, partly, "w.pth")


def test_weights_that_fit_in_part_are_taken_where_that_is_asked_for(
    classifier_weights: StateDict, capsys: pytest.CaptureFixture[str]
) -> None:
    backbone, _ = build_backbone(NAME)
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    partly = {k: v for k, v in classifier_weights.items() if not k.startswith("classifier")}
    load_backbone(backbone, partly, "w.pth", strict=False)
    loaded = backbone.state_dict()
    assert same({k: v for k, v in loaded.items() if k in partly}, partly)
    assert torch.equal(loaded["classifier.0.weight"], before["classifier.0.weight"])
    assert "(classifier.*); they start at random" in capsys.readouterr().err


def test_weights_of_which_nothing_fits_are_always_refused(
    classifier_weights: StateDict, one_line_error: OneLineError
) -> None:
    backbone, _ = build_backbone("resnet18")
    with one_line_error("100 of 100"):
        load_backbone(backbone, classifier_weights, "w.pth", strict=False)


def test_the_half_of_a_real_resnet_fits_but_for_its_last_stage(
    shared: Path, one_line_error: OneLineError
) -> None:
    path = str(shared / "weights" / "resnet18-partial.safetensors")
    backbone, _ = build_backbone("resnet18")
    weights = read_weights(path, "resnet18", None, NO_CACHE)
    with one_line_error("25 of 100", "(layer4.*)"):
        load_backbone(backbone, weights, path)
    load_backbone(backbone, weights, path, strict=False)
    assert torch.equal(backbone.get_parameter("conv1.weight"), weights["conv1.weight"])


@pytest.mark.parametrize("channels", [1, 5, 13])
def test_filters_for_rgb_are_inflated_for_a_backbone_of_bands(
    channels: int, classifier_weights: StateDict
) -> None:
    backbone, _ = build_backbone(NAME, channels)
    load_backbone(backbone, classifier_weights, "w.pth")
    first = "features.0.0.weight"
    loaded = backbone.state_dict()
    assert torch.equal(loaded.pop(first), inflate_filters(classifier_weights[first], channels))
    assert same(loaded, {name: classifier_weights[name] for name in loaded})


def test_weights_of_a_backbone_of_bands_fit_one_of_as_many() -> None:
    one, other = (build_backbone("cnn:4", 13)[0] for _ in range(2))
    load_backbone(one, other.state_dict(), "w.pth")
    assert same(one.state_dict(), other.state_dict())


# --- from the web ----------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The cache folder."""
    return tmp_path / ".cache"


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_download_is_kept_in_the_cache(
    web: Any, cache: Path, classifier_weights: StateDict
) -> None:
    save_file(classifier_weights, web.folder / "w.safetensors")
    url = f"{web.url}/w.safetensors"
    assert same(read_weights(url, NAME, None, cache), classifier_weights)
    assert len(files_below(cache)) == 2  # and what it has to hash to
    web.stop()
    assert same(read_weights(url, NAME, None, cache), classifier_weights)


@pytest.mark.parametrize("page", ["none.pth", "fails", "breaks"])
def test_a_download_that_does_not_end_well_is_one_line_and_leaves_nothing(
    page: str, web: Any, cache: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"train.weights: {web.url}/{page}: cannot be downloaded"):
        read_weights(f"{web.url}/{page}", NAME, None, cache)
    assert files_below(cache) == []


def test_a_server_that_is_not_there_is_one_line(
    web: Any, cache: Path, one_line_error: OneLineError
) -> None:
    web.stop()
    with one_line_error(f"{web.url}/w.pth: cannot be downloaded"):
        read_weights(f"{web.url}/w.pth", NAME, None, cache)


def test_an_unknown_scheme_is_one_line(cache: Path, one_line_error: OneLineError) -> None:
    with one_line_error("nowhere://host/w.pth: cannot be downloaded", "nowhere"):
        read_weights("nowhere://host/w.pth", NAME, None, cache)


def test_a_download_is_held_against_the_pinned_hash(
    web: Any, cache: Path, one_line_error: OneLineError
) -> None:
    (web.folder / "w.pth").write_bytes(b"something else")
    with one_line_error(f"{web.url}/w.pth has the sha256", "get the right file or pin this one"):
        read_weights(f"{web.url}/w.pth", NAME, "0" * 64, cache)


def test_a_download_with_another_hash_is_not_kept(
    web: Any, cache: Path, classifier_weights: StateDict
) -> None:
    (web.folder / "w.pth").write_bytes(b"something else")
    save_file(classifier_weights, web.folder / "right")
    pinned = sha256_of_file(web.folder / "right")
    with pytest.raises(LookalikeError):
        read_weights(f"{web.url}/w.pth", NAME, pinned, cache)
    assert files_below(cache) == []
    (web.folder / "right").rename(web.folder / "w.pth")
    assert same(read_weights(f"{web.url}/w.pth", NAME, pinned, cache), classifier_weights)


def test_a_truncated_download_is_downloaded_again(
    web: Any, cache: Path, classifier_weights: StateDict
) -> None:
    save_file(classifier_weights, web.folder / "w.safetensors")
    url = f"{web.url}/w.safetensors"
    read_weights(url, NAME, None, cache)
    kept = max(files_below(cache), key=lambda path: path.stat().st_size)
    kept.write_bytes(kept.read_bytes()[:1000])
    assert same(read_weights(url, NAME, None, cache), classifier_weights)


def test_many_downloads_of_one_file_at_once_all_end_well(
    web: Any, cache: Path, classifier_weights: StateDict
) -> None:
    save_file(classifier_weights, web.folder / "w.safetensors")
    url = f"{web.url}/w.safetensors"
    with ThreadPoolExecutor(6) as threads:
        found = threads.map(lambda _: read_weights(url, NAME, None, cache), range(12))
        assert all(same(weights, classifier_weights) for weights in found)


# --- torchvision's own -----------------------------------------------------------------------


@pytest.fixture
def serve_imagenet(
    web: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[object, str | None], Path]:
    """Let the server be where torchvision's weights come from; returns torchvision's own cache.

    The file's name holds the first digits of its hash, as torchvision's do, or the given ones.
    """
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def serve(content: object, digits: str | None) -> Path:
        torch.save(content, web.folder / "new.pth")
        sha256 = sha256_of_file(web.folder / "new.pth")
        file = (web.folder / "new.pth").rename(web.folder / f"net-{digits or sha256[:8]}.pth")
        entry = models.get_model_weights(NAME).DEFAULT.value
        monkeypatch.setattr(entry, "url", f"{web.url}/{file.name}")
        return tmp_path / "torch"

    return serve


def test_imagenet_weights_are_downloaded_once(
    serve_imagenet: Callable[..., Path], web: Any, classifier_weights: StateDict
) -> None:
    serve_imagenet(classifier_weights, None)
    assert same(read_weights("imagenet", NAME, None, NO_CACHE), classifier_weights)
    web.stop()
    assert same(read_weights("imagenet", NAME, None, NO_CACHE), classifier_weights)


def test_imagenet_weights_with_another_hash_are_refused_and_not_kept(
    serve_imagenet: Callable[..., Path],
    classifier_weights: StateDict,
    one_line_error: OneLineError,
) -> None:
    kept = serve_imagenet(classifier_weights, "00000000")
    with one_line_error("train.weights = imagenet", "invalid hash", '"00000000"'):
        read_weights("imagenet", NAME, None, NO_CACHE)
    assert files_below(kept) == []


def test_imagenet_weights_say_what_to_pin_and_are_held_against_it(
    serve_imagenet: Callable[..., Path],
    web: Any,
    classifier_weights: StateDict,
    one_line_error: OneLineError,
    capsys: pytest.CaptureFixture[str],
) -> None:
    serve_imagenet(classifier_weights, None)
    read_weights("imagenet", NAME, None, NO_CACHE)
    (file,) = web.folder.glob("net-*.pth")
    assert f"add  weights_sha256: {sha256_of_file(file)}" in capsys.readouterr().err
    assert same(read_weights("imagenet", NAME, sha256_of_file(file), NO_CACHE), classifier_weights)
    with one_line_error("has the sha256", sha256_of_file(file), "0" * 64):
        read_weights("imagenet", NAME, "0" * 64, NO_CACHE)


def test_imagenet_weights_out_of_reach_are_one_line_with_advice(
    serve_imagenet: Callable[..., Path], web: Any, one_line_error: OneLineError
) -> None:
    serve_imagenet({}, None)
    web.stop()
    with one_line_error("could not be downloaded", "give its path, or use weights: none"):
        read_weights("imagenet", NAME, None, NO_CACHE)


def test_nobody_has_trained_the_small_network_on_imagenet(one_line_error: OneLineError) -> None:
    with one_line_error("train.weights = imagenet", "none for train.backbone = cnn:32"):
        read_weights("imagenet", "cnn:32", None, NO_CACHE)


def test_code_in_a_file_of_imagenet_weights_is_never_run(
    serve_imagenet: Callable[..., Path], one_line_error: OneLineError, tmp_path: Path
) -> None:
    kept = serve_imagenet({"a": Surprise(tmp_path / "surprise")}, None)
    with one_line_error("train.weights = imagenet", "not hold weights alone", str(kept)):
        read_weights("imagenet", NAME, None, NO_CACHE)
    assert not (tmp_path / "surprise").exists()


def test_the_cache_is_named_by_the_address_alone(
    web: Any, cache: Path, classifier_weights: StateDict
) -> None:
    save_file(classifier_weights, web.folder / "w.safetensors")
    url = f"{web.url}/w.safetensors"
    read_weights(url, NAME, None, cache)
    assert (cache / "weights" / hashlib.sha256(url.encode()).hexdigest()).is_file()
