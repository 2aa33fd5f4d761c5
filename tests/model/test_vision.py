"""The one place that imports torchvision first."""

import ast
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
import torch

SOURCE = Path(__file__).parents[2] / "src"

USE = """
from lookalike.model.vision import models, v2
import torch
import torchvision
print(models.resnet18(num_classes=3).eval()(torch.zeros(1, 3, 32, 32)).shape)
"""

DECLARE = """
import torch
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def output(process: Popen[str]) -> str:
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out


@pytest.mark.full
def test_torchvision_works_in_a_fresh_process(start: Callable[[str], Popen[str]]) -> None:
    assert output(start(USE)) == "torch.Size([1, 3])\n"


@pytest.mark.full
def test_operators_that_are_declared_already_are_not_declared_again(
    start: Callable[[str], Popen[str]],
) -> None:
    declared = "import torchvision" if torch.version.cuda else DECLARE  # with CUDA, by itself
    assert output(start(declared + USE)) == "torch.Size([1, 3])\n"


def test_dynamo_is_imported_by_those_who_use_it_alone(start: Callable[[str], Popen[str]]) -> None:
    code = """
import sys
from lookalike.model.vision import models, v2
print("torch._dynamo" in sys.modules)
from torchvision.ops import roi_align
print(roi_align.__globals__["is_compile_supported"]("cpu"), "torch._dynamo" in sys.modules)
"""
    before, *after = output(start(code)).split()
    assert (before, after) == ("False", ["True", "True"])


def imported_modules(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    return plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}


def test_no_other_file_imports_torchvision() -> None:
    importing = [
        file.relative_to(SOURCE).as_posix()
        for file in sorted(SOURCE.rglob("*.py"))
        if any(name.partition(".")[0] == "torchvision" for name in imported_modules(file))
    ]
    assert importing == ["lookalike/model/vision.py"]
