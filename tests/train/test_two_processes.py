"""What two processes promise: the first step of one, to rounding."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.images.store import ImageStore

SOURCE = Path(__file__).parents[2] / "src"
# No dropout, of which each process draws its own; an epoch is one step.
PARAMS = """
base: {threads: 1}
train:
  {backbone: resnet18, embedding_dim: 16, image_size: 32, resize: 32, optimizer: sgd, lr: 0.001,
  warmup_epochs: 0.0, epochs: 1, batch_size: 84, EXTRA}
machine: {workers: 0, devices: DEVICES}
"""


@pytest.mark.full
@pytest.mark.parametrize(
    "extra",
    ["augment: light", "loss: arcface", "added_loss: supcon, sampling: pk, images_per_class: 14"],
)
def test_the_first_step_is_that_of_one_process_to_rounding(
    extra: str, tiny_images: ImageStore, tiny_split: Path, tmp_path: Path
) -> None:
    def step(devices: int) -> dict[str, float]:
        """Loss and norm of the gradient of the first step."""
        root = tmp_path / str(devices)
        shutil.copytree(tiny_images.folder, root / "data" / "images")
        shutil.copy(tiny_split, root / "data" / "split.csv")
        text = PARAMS.replace("EXTRA", extra).replace("DEVICES", str(devices))
        (root / "params.yaml").write_text(text)
        command = [sys.executable, str(SOURCE / "train.py")]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(SOURCE)}
        subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
        curves = root / "metrics" / "train" / "plots" / "metrics" / "train"
        names = ("loss", "gradient_norm")
        return {name: float((curves / f"{name}.tsv").read_text().split()[-1]) for name in names}

    one, two = step(1), step(2)
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-5)
    assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=5e-3)
