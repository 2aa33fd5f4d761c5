"""A model becomes a folder that others can use: graph, description, and what was compared."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from lookalike.core.choices import ExportFormat
from lookalike.core.hashing import sha256_of_file
from lookalike.export.graph import FORMATS
from lookalike.export.parity import TOLERANCE, compared_images, measure_parity
from lookalike.export.writing import NotExportableError, write_export, write_refusal
from lookalike.images.bands import Bands
from lookalike.images.store import ImageStore
from lookalike.inference.exported import read_export
from lookalike.inference.runtimes.torch import TorchRuntime
from lookalike.model.artifact import Model, build_network
from lookalike.model.description import ModelDescription

OneLineError = Callable[..., AbstractContextManager[None]]


def untrained(**changes: object) -> Model:
    torch.manual_seed(0)
    description = ModelDescription.model_validate(
        {
            "backbone": "cnn:8",
            "embedding_dim": 16,
            "classes": ["a", "b", "c"],
            "image_size": {"resize": 36, "crop": 32},
            "precision": "fp32",
        }
        | changes
    )
    return Model(description, build_network(description), "0" * 64)


@pytest.mark.parametrize("form", FORMATS)
def test_a_graph_computes_what_the_network_does(
    form: ExportFormat, model: Model, tiny_images: ImageStore, tmp_path: Path
) -> None:
    parity = write_export(tmp_path / "export", model, tiny_images, form)
    assert parity.images == 64
    assert parity.max_difference <= TOLERANCE
    assert parity.same_top_1 == 1.0
    export = read_export(tmp_path / "export")
    assert export.file is not None
    path = tmp_path / "export" / export.file.name
    assert export.file.sha256 == sha256_of_file(path)
    pixels = compared_images(tiny_images, model.description.image_size)
    again = measure_parity(FORMATS[form].open(path, export), model.network, pixels[:7])
    assert again.max_difference <= TOLERANCE


def test_the_same_model_gives_the_same_bytes(
    model: Model, tiny_images: ImageStore, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        write_export(tmp_path / name, model, tiny_images, "onnx")
    for file in ("model.onnx", "model.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_inputs_and_outputs_have_names_and_the_batch_any_size(
    model: Model, tiny_images: ImageStore, tmp_path: Path
) -> None:
    write_export(tmp_path / "export", model, tiny_images, "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "export" / "model.onnx")
    assert [(i.name, i.type, i.shape) for i in session.get_inputs()] == [
        ("images", "tensor(uint8)", ["batch", 3, 32, 32])
    ]
    assert [(o.name, o.shape) for o in session.get_outputs()] == [
        ("embedding", ["batch", 16]),
        ("logits", ["batch", 6]),
    ]


def test_the_description_says_all_that_is_needed(
    model: Model, tiny_images: ImageStore, tmp_path: Path
) -> None:
    write_export(tmp_path / "export", model, tiny_images, "onnx")
    content = json.loads((tmp_path / "export" / "model.json").read_text())
    assert content["model_sha256"] == model.fingerprint
    assert content["model"]["classes"] == ["0", "1", "2", "3", "4", "5"]
    assert content["input_dtype"] == "uint8"
    assert content["preprocessing"][1:3] == [
        "Resize the shorter side to 32 pixels, bilinear with antialiasing, as Pillow's "
        "Image.resize.",
        "Cut out the center, 32 x 32 pixels.",
    ]


def test_bands_and_features_without_classes_are_exported_too(
    tile_images: Callable[[Bands], ImageStore], tmp_path: Path
) -> None:
    model = untrained(
        embedding_dim=None,
        classes=[],
        bands={"chosen": [5, 1, 2, 3]},
        channels=4,
        mean=[1000.0] * 4,
        std=[500.0] * 4,
        image_size={"resize": "squash", "crop": 24},
    )
    parity = write_export(tmp_path / "e", model, tile_images(Bands(chosen=(5, 1, 2, 3))), "onnx")
    assert (parity.images, parity.same_top_1) == (20, None)
    export = read_export(tmp_path / "e")
    assert export.input_dtype == "float32"
    assert export.inputs == {"images": ("batch", 4, 24, 24)}
    assert export.outputs == {"embedding": ("batch", 64)}


def test_a_model_that_computes_in_bf16_is_exported_in_fp32(
    tiny_images: ImageStore, tmp_path: Path
) -> None:
    parity = write_export(tmp_path / "export", untrained(precision="bf16"), tiny_images, "onnx")
    assert parity.max_difference <= TOLERANCE


class Eigenvalues(nn.Module):
    """Something that ONNX has no operator for."""

    def forward(self, images: Tensor) -> Tensor:
        means = images.mean(dim=1)[:, :16, :16]
        return torch.linalg.eigvalsh(means @ means.transpose(1, 2)).repeat(1, 4)


def test_what_onnx_cannot_express_is_one_line_and_no_folder(
    tiny_images: ImageStore, tmp_path: Path, one_line_error: OneLineError
) -> None:
    model = untrained()
    model.network.backbone = Eigenvalues()
    with one_line_error("as onnx", kind=NotExportableError):
        write_export(tmp_path / "export", model, tiny_images, "onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_computes_something_else_is_refused(
    model: Model, tiny_images: ImageStore, tmp_path: Path
) -> None:
    pixels = compared_images(tiny_images, model.description.image_size)
    write_export(tmp_path / "export", model, tiny_images, "onnx")
    export = read_export(tmp_path / "export")
    run = FORMATS["onnx"].open(tmp_path / "export" / "model.onnx", export)
    with torch.no_grad():
        assert isinstance(model.network.embedding, nn.Linear)
        model.network.embedding.weight[0] += 0.1
    parity = measure_parity(run, model.network, pixels)
    assert parity.max_difference > TOLERANCE
    assert not parity.holds


def test_numbers_that_are_none_are_no_parity(model: Model, tiny_images: ImageStore) -> None:
    pixels = compared_images(tiny_images, model.description.image_size)
    with torch.no_grad():
        for parameter in model.network.embedding.parameters():
            parameter.fill_(torch.nan)
    same = measure_parity(TorchRuntime(model).run, model.network, pixels)
    assert np.isnan(same.max_difference)
    assert not same.holds


def test_a_refusal_says_why_and_has_no_graph(model: Model, tmp_path: Path) -> None:
    write_refusal(tmp_path / "export", model, "onnx", "as onnx: no such operator")
    export = read_export(tmp_path / "export")
    assert (export.file, export.reason) == (None, "as onnx: no such operator")
    assert [path.name for path in (tmp_path / "export").iterdir()] == ["model.json"]


def test_what_somebody_else_put_there_stays(
    model: Model, tiny_images: ImageStore, tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with one_line_error("thesis.txt"):
        write_export(tmp_path, model, tiny_images, "onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
