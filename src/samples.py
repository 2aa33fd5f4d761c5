"""Stage `samples`: scikit-learn's handwritten digits as PNG files in class folders.

1,797 real images of 8 x 8 pixels, 16 gray levels (Alpaydin and Kaynak, 1998): something to run the
pipeline on without a download.
"""

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from lookalike.core.files import atomic_folder
from lookalike.core.layout import Layout
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    digits = load_digits()
    with atomic_folder(project.samples, "[0-9]/[0-9][0-9][0-9][0-9].png") as folder:
        for number, (pixels, label) in enumerate(zip(digits.images, digits.target, strict=True)):
            path = folder / str(label) / f"{number:04d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            gray = (255 - pixels * 255 / 16).round().astype(np.uint8)
            Image.fromarray(gray).save(path)


if __name__ == "__main__":
    run_stage("samples", main)
