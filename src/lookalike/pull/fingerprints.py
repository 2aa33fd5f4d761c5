"""What is served, as `GET /version` names it."""

from dataclasses import dataclass

from lookalike.core.hashing import sha256_of_file
from lookalike.core.layout import Layout
from lookalike.index.description import DESCRIPTION
from lookalike.index.storage import open_index
from lookalike.inference.runtimes.choice import model_fingerprint


@dataclass(frozen=True)
class Fingerprints:
    """Two sha256, in hexadecimal."""

    model: str
    index: str

    def lines(self) -> list[str]:
        """For people and for `make image`."""
        return [f"model {self.model}", f"index {self.index}"]


def fingerprints(project: Layout) -> Fingerprints:
    """The fingerprints of the model and the index of a project.

    Raises:
        LookalikeError: one of them is missing or broken, or they do not belong together.
    """
    model = model_fingerprint(project.model, project.export)
    open_index(project.index, model)
    return Fingerprints(model, sha256_of_file(project.index / DESCRIPTION))
