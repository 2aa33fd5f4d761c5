"""A project at one revision, or as it lies here: read where it is, never checked out."""

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.json_file import parse_json
from lookalike.core.layout import Layout
from lookalike.core.yaml_text import parse_yaml
from lookalike.revisions.git import commit_of, file_at
from lookalike.revisions.lock_file import LOCK, locked_outputs

WORKSPACE = "workspace"


class Snapshot:
    """Files of a project at a revision.

    Args:
        project: the project.
        name: a branch, tag, hash or experiment; `workspace` is what lies here.

    Attributes:
        project: the same.
        name: the same.
        commit: its hash; None: the workspace.

    Raises:
        LookalikeError: there is no such revision.
    """

    def __init__(self, project: Layout, name: str = WORKSPACE) -> None:
        self.project, self.name = project, name
        self.commit = None if name == WORKSPACE else commit_of(project.root, name)

    def text(self, path: Path) -> str | None:
        """A file that Git tracks; None where the revision has none.

        Args:
            path: as the project's layout has it.

        Raises:
            LookalikeError: it is not UTF-8 text.
        """
        if self.commit is not None:
            data = file_at(self.project.root, self.commit, self.project.relative(path))
        else:
            data = path.read_bytes() if path.is_file() else None
        try:
            return None if data is None else data.decode("utf-8")
        except UnicodeDecodeError:
            raise LookalikeError(f"{self.name}: {path} is not UTF-8 text") from None

    def json(self, path: Path) -> dict[str, Any]:
        """A JSON file that Git tracks; empty where the revision has none."""
        return self._mapping(path, parse_json)

    def yaml(self, path: Path) -> dict[str, Any]:
        """A YAML file that Git tracks; empty where the revision has none."""
        return self._mapping(path, parse_yaml)

    def output(self, path: Path) -> Path | None:
        """A file that DVC tracks, here or in the cache; None where it has to be pulled.

        Args:
            path: of the file, or of one inside of a folder that DVC tracks.
        """
        if self.commit is None and path.is_file():
            return path
        relative = self.project.relative(path)
        for out, md5 in self._outputs.items():
            if relative == out:
                return self._cached(md5)
            if relative.is_relative_to(out) and (listed := self._cached(md5)) is not None:
                within = relative.relative_to(out).as_posix()
                for entry in parse_json(listed.read_bytes()):
                    if entry["relpath"] == within:
                        return self._cached(entry["md5"])
        return None

    @cached_property
    def _outputs(self) -> dict[Path, str]:
        """The hash of each output of the pipeline."""
        text = self.text(self.project.root / LOCK)
        return locked_outputs(text or "", f"{self.name}: {LOCK}")

    def _cached(self, md5: str) -> Path | None:
        path = _cache_of(self.project.root.absolute()) / md5[:2] / md5[2:]
        return path if path.is_file() else None

    def _mapping(self, path: Path, parse: Any) -> dict[str, Any]:
        if (text := self.text(path)) is None:
            return {}
        try:
            content = parse(text)
        except ValueError as error:
            reason = one_line(error)
            raise LookalikeError(f"{self.name}: {path} cannot be read: {reason}") from None
        return content if isinstance(content, dict) else {}


@lru_cache(maxsize=1)  # the two sides of a comparison are of one project
def _cache_of(root: Path) -> Path:
    """The folder of DVC's cache."""
    from lookalike.revisions.repository import open_repository  # takes a second

    with open_repository(Layout(root)) as repo:
        return Path(repo.cache.local.path)
