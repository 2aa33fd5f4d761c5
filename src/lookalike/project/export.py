"""The model of a project as a graph, in a folder of one's own choice."""

from pathlib import Path

from lookalike.core.choices import ExportFormat
from lookalike.core.files import check_output_folder
from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, read_params
from lookalike.export.writing import CONTENTS, write_export
from lookalike.images.store import ImageStore
from lookalike.model.artifact import load_model
from lookalike.model.compute import fix_compute


def export_model(project: Layout, form: ExportFormat, folder: Path) -> str:
    """Write the model of the last training as a graph.

    Returns:
        What was written, in a line.

    Raises:
        LookalikeError: training has not run, the model cannot be exported, or something else is in
            the folder.
    """
    check_output_folder(folder, *CONTENTS)
    fix_compute(read_params(BaseParams, "threads", path=project.params).threads)
    model, images = load_model(project.model), ImageStore(project.images)
    parity = write_export(folder, model, images, form)
    return (
        f"{folder} holds the model as {form}; of {parity.images} images, normalized embeddings "
        f"differ from the network's by {parity.max_difference:.1e} at most"
    )
