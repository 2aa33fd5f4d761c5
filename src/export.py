"""Stage `export`: the model as an ONNX graph, which searches without torch.

Reads the model, and of `data/images/` some images to compare the graph with the network; writes
`models/export/` and `metrics/export.json`. A model that cannot be exported is no failure: the
folder says why, and searching uses torch.
"""

from lookalike.core.portable import fix_environment

if __name__ == "__main__":
    fix_environment()  # before the libraries that read it are loaded

from typing import Any

from lookalike.core.files import write_json
from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, read_params
from lookalike.export.writing import NotExportableError, write_export, write_refusal
from lookalike.images.store import ImageStore
from lookalike.model.artifact import load_model
from lookalike.model.compute import fix_compute
from lookalike.terminal.progress import say
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    fix_compute(read_params(BaseParams, "threads").threads)
    model = load_model(project.model)
    metrics: dict[str, Any] = {"exported": True}
    try:
        parity = write_export(project.export, model, ImageStore(project.images), "onnx")
        metrics["parity"] = parity.metrics()
    except NotExportableError as error:
        say(f"export: the model cannot be exported {error}; searching will use torch")
        write_refusal(project.export, model, "onnx", str(error))
        metrics = {"exported": False}
    write_json(project.metrics / "export.json", metrics)


if __name__ == "__main__":
    run_stage("export", main)
