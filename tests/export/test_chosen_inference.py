"""What `base.inference` needs, and what it comes to."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.inference_params import OnnxRuntime, OpenVino, Torch
from lookalike.export.chosen_inference import check_inference, chosen_inference
from lookalike.inference.numerics import Numerics
from lookalike.model.artifact import Model

OneLineError = Callable[..., AbstractContextManager[None]]


def test_torch_computes_as_the_model_was_trained_unless_told_otherwise(model: Model) -> None:
    trained = model.in_precision("bf16")
    assert chosen_inference(Torch(), trained, Path()).numerics.precision == "bf16"
    chosen = chosen_inference(Torch(precision="fp32"), trained, Path())
    assert chosen.numerics == Numerics(engine="torch", precision="fp32")


def test_the_processor_decodes_unless_told_otherwise(model: Model) -> None:
    assert chosen_inference(Torch(), model, Path()).decode == "processor"
    assert chosen_inference(Torch(decode="device"), model, Path()).decode == "device"


def test_what_is_installed_is_let_through() -> None:
    for params in (Torch(), OnnxRuntime(precision="int8"), OpenVino(precision="int8")):
        check_inference(params)


def test_what_is_missing_is_one_line(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    with one_line_error("nncf is missing: pip install 'lookalike[openvino]'"):
        check_inference(OnnxRuntime(precision="int8"))
    monkeypatch.delitem(sys.modules, "lookalike.inference.runtimes.openvino", raising=False)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with one_line_error("openvino is missing: pip install 'lookalike[openvino]'"):
        check_inference(OpenVino())
