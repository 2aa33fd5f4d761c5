"""Stage `export`: the model as an ONNX graph, which searches without torch.

Reads the model, of `data/images/` some images to compare the graph with the network, and for int8
the training images of `data/split.csv`; writes `models/export/`, `metrics/export.json` and what
`evaluate` and `embed` compute with, `models/inference.json`. A model that cannot be exported is no
failure where torch computes: the folder says why, and searching uses torch.
"""

from lookalike.core.portable import fix_environment

if __name__ == "__main__":
    fix_environment()  # before the libraries that read it are loaded

from typing import Any

from lookalike.core.json_file import write_json
from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, read_params
from lookalike.export.chosen_inference import check_inference, chosen_inference
from lookalike.export.quantization import Quantization
from lookalike.export.writing import NotExportableError, write_export, write_refusal
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.inference_file import write_inference
from lookalike.model.artifact import load_model
from lookalike.model.compute import fix_compute
from lookalike.terminal.progress import say
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    base = read_params(BaseParams, "threads", "inference")
    check_inference(base.inference)
    fix_compute(base.threads)
    model, images = load_model(project.model), ImageStore(project.images)
    quantization = None
    if base.inference.engine != "torch" and base.inference.precision == "int8":
        split = read_split(project.split, images)
        quantization = Quantization(images, split, base.inference.calibration_images)
    metrics: dict[str, Any] = {"exported": True}
    try:
        parity = write_export(project.export, model, images, "onnx", quantization)
        metrics["parity"] = parity.metrics()
    except NotExportableError as error:
        say(f"export: the model cannot be exported {error}; searching will use torch")
        write_refusal(project.export, model, "onnx", str(error))
        metrics = {"exported": False}
    write_inference(project.inference, chosen_inference(base.inference, model, project.export))
    write_json(project.metrics / "export.json", metrics)


if __name__ == "__main__":
    run_stage("export", main)
