"""A project: a folder with a pipeline, its parameters and what it has written."""

from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.core.layout import Layout, find_index
from lookalike.core.params import MachineParams, read_params_if_any
from lookalike.fresh.fresh_images import FreshImages
from lookalike.images.store import ImageStore
from lookalike.index.index import Index
from lookalike.index.storage import open_index
from lookalike.inference.runtimes.choice import model_fingerprint
from lookalike.model.description import stretch_of_model
from lookalike.search.searcher import Searcher, open_searcher

if TYPE_CHECKING:
    from lookalike.inference.embedder import Embedder
    from lookalike.project.parameters import Parameters


class Project:
    """Opens what the pipeline of a project has written.

    Each method opens anew; keep what it gives. Every one of them raises NotReadyError where the
    stage that writes it has not run.

    Attributes:
        layout: where things are.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.layout.root

    @cached_property
    def params(self) -> "Parameters":
        """The parameters, checked.

        Raises:
            ConfigError: a line for each problem.
        """
        from lookalike.project.parameters import read_all  # which need torch, as searching does not

        return read_all(self.layout.params)

    def images(self) -> ImageStore:
        """The ingested images, their pictures as the model shows them."""
        return ImageStore(self.layout.images, stretch_of_model(self.layout.model))

    def embedder(self) -> "Embedder":
        """The model of the last training, ready to embed as the pipeline does."""
        from lookalike.inference.embedder import Embedder
        from lookalike.inference.opening import open_model

        base, machine = self.params.base, self.params.machine
        model = open_model(self.layout, base.threads)
        return Embedder(model, base.inference_batch_size, machine.workers)

    def index(self) -> Index:
        """The index of the last run."""
        return open_index(
            self.layout.index, model_fingerprint(self.layout.model, self.layout.export)
        )

    def searcher(self) -> Searcher:
        """Model and index, ready for queries, with what was added and removed until now."""
        return self.fresh().searcher

    def fresh(self) -> FreshImages:
        """The images that `lookalike add` has added and removed, and that can be added now."""
        machine = read_params_if_any(MachineParams, "runtime", path=self.layout.params)
        of_index = open_searcher(self.layout.model, self.layout.index, runtime=machine.runtime)
        return FreshImages(self.layout.fresh, of_index)


def open_project(folder: str | PathLike[str] = ".") -> Project:
    """The project that a folder is in.

    Example:
        >>> searcher = open_project(".").searcher()
        >>> searcher.search("photo.jpg", k=5).hits[0].path

    Raises:
        LookalikeError: there is neither `dvc.yaml` nor `models/index` in the folder or above.
    """
    return Project(find_index(Path(folder)))
