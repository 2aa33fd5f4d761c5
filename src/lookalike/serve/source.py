"""Where model and index come from: the project's folders, a store, or a registered version."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import EXPORT, Layout
from lookalike.publish.opening import current_version
from lookalike.revisions.registry import Revision
from lookalike.serve.folder_state import folder_state
from lookalike.terminal.progress import say


@dataclass(frozen=True)
class Location:
    """Where model and index are.

    Attributes:
        model: the folder of the model.
        index: the folder of the index; of a store, there is none.
        state: another one means that they have been replaced.
        revision: which one they are of; None: none in particular.
        store: the address of a store that is searched; None: the index is.
    """

    model: Path
    index: Path
    state: Hashable
    revision: Revision | None = None
    store: str | None = None

    @property
    def export(self) -> Path:
        """The folder of the exported model, beside the model; either of them may be missing."""
        return self.model.with_name(EXPORT)


class Source(Protocol):
    """What says where model and index are, at the start and whenever they may have changed."""

    def locate(self) -> Location:
        """Where they are now; they may have to be fetched first.

        Raises:
            LookalikeError: they cannot be had.
        """
        ...

    def state(self) -> Hashable:
        """What `locate` would give as state, found quickly."""
        ...


@dataclass(frozen=True)
class Folders:
    """The folders that the pipeline writes, whatever is in them."""

    model: Path
    index: Path

    def locate(self) -> Location:
        """They are where they always are."""
        return Location(self.model, self.index, self.state())

    def state(self) -> Hashable:
        """That of all files."""
        return folder_state(self.model, self.model.with_name(EXPORT), self.index)


@dataclass(frozen=True)
class Published:
    """A model that lies here, and the version of a store that is current at the moment."""

    model: Path
    store: str

    def locate(self) -> Location:
        """The model is where it always is."""
        return Location(self.model, self.model.with_name("index"), self.state(), store=self.store)

    def state(self) -> Hashable:
        """That of the model's files, and the version; where there is none, the reason."""
        files = folder_state(self.model, self.model.with_name(EXPORT))
        try:
            return files, current_version(self.store)
        except LookalikeError as error:
            return files, str(error)


@dataclass(frozen=True)
class Registered:
    """What a stage or version of the model registry, or a Git revision, stands for at the moment.

    Attributes:
        project: a clone of the project; its working tree is neither read nor written.
        name: of the stage, version or revision.
    """

    project: Layout
    name: str

    def locate(self) -> Location:
        """Look for new tags, and fetch model and index of the commit unless they are here.

        Where the Git server cannot be reached, the tags that are here count.
        """
        from lookalike.revisions.checkout import checkout
        from lookalike.revisions.git import fetch
        from lookalike.revisions.registry import resolve

        try:
            fetch(self.project.root)
        except LookalikeError as error:
            say(f"{error}; {self.name} is what it was when tags were fetched last")
        revision = resolve(self.project.root, self.name)
        there = checkout(self.project, revision)
        return Location(there.model, there.index, revision, revision)

    def state(self) -> Hashable:
        """The revision; where there is none any more, the reason."""
        from lookalike.revisions.registry import resolve

        try:
            return resolve(self.project.root, self.name)
        except LookalikeError as error:
            return str(error)
