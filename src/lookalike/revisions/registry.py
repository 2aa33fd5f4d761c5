"""The commit that a name stands for: a stage or version of the model registry, or a Git revision.

The registry is GTO's (https://dvc.org/doc/gto): annotated Git tags, such as `model@v1.2.0`, which
registers a version, and `model#production#3`, which assigns a stage. They are put in order here, as
`gto show` does, but two of the same second by GTO's counter: Git's times are whole seconds.
`dvc artifacts get --stage` takes a tag that unassigns for one that assigns.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.revisions.git import commit_of, git
from lookalike.revisions.gto_import import import_gto

ARTIFACT = "model"  # in `artifacts` of dvc.yaml
FIELDS = "%(taggerdate:unix)%09%(*objectname)%09%(refname:strip=2)"


class Revision(NamedTuple):
    """A commit, as it was asked for.

    Attributes:
        name: a stage, a version, or a Git revision.
        commit: its hash.
        version: under which the commit is registered; None: it is not.
    """

    name: str
    commit: str
    version: str | None

    def __str__(self) -> str:
        known = [self.version, self.commit[:10]]
        return f"{self.name} ({', '.join(word for word in known if word not in (None, self.name))})"


class Registry:
    """What the Git tags of a project register and assign.

    Args:
        root: the project's folder. Below that of the Git repository, GTO's name of the model has
            the path before it: `pipelines/cats:model`.

    Attributes:
        versions: the commit of each registered version.
        stages: of each stage the commits that are assigned to it, the last one at the end.

    Raises:
        LookalikeError: it is no Git repository.
    """

    def __init__(self, root: Path) -> None:
        self.versions: dict[str, str] = {}
        self.stages: dict[str, dict[str, None]] = {}
        for tag, commit in _tags(root, artifact_name(root)):
            self._add(tag, commit)

    def _add(self, tag: dict[str, Hashable], commit: str) -> None:
        action = import_gto().constants.Action
        assigned = self.stages.setdefault(str(tag["stage"]), {}) if "stage" in tag else {}
        match tag["action"]:
            case action.REGISTER:
                self.versions[str(tag["version"])] = commit
            case action.DEREGISTER:
                self.versions.pop(str(tag["version"]), None)
                for commits in self.stages.values():
                    commits.pop(commit, None)
            case action.ASSIGN:
                assigned.pop(commit, None)
                assigned[commit] = None
            case action.UNASSIGN:
                assigned.pop(commit, None)


def artifact_name(root: Path) -> str:
    """What GTO calls the model of a project; see `Registry`."""
    above = git(root, "rev-parse", "--show-prefix").strip().rstrip("/")
    return f"{above}:{ARTIFACT}" if above else ARTIFACT


def resolve(root: Path, name: str) -> Revision:
    """The commit that a name stands for now.

    Args:
        root: the project's folder.
        name: a stage, else a version, else what Git or DVC call a commit.

    Raises:
        LookalikeError: nothing has this name, no version is in that stage any more, or there is no
            Git repository.
    """
    registry = Registry(root)
    if name in registry.stages:
        if not registry.stages[name]:
            raise LookalikeError(
                f"{name}: no version of {ARTIFACT} is in this stage any more; see "
                f"'gto history {ARTIFACT}'"
            )
        commit = next(reversed(registry.stages[name]))
    elif name in registry.versions:
        commit = registry.versions[name]
    else:
        try:
            commit = commit_of(root, name)
        except LookalikeError as error:
            raise LookalikeError(
                f"{error} ('git fetch --tags'); 'gto show {ARTIFACT}' lists versions and stages"
            ) from None
    versions = [version for version, at in registry.versions.items() if at == commit]
    return Revision(name, commit, versions[-1] if versions else None)


def _tags(root: Path, artifact: str) -> list[tuple[dict[str, Hashable], str]]:
    """GTO's tags of an artifact, parsed, with their commits, in order."""
    parse_name = import_gto().tag.parse_name
    found = []
    for line in git(root, "for-each-ref", f"--format={FIELDS}", "refs/tags").splitlines():
        seconds, commit, name = line.split("\t")
        tag = parse_name(name, raise_on_fail=False) if seconds else {}  # else it is lightweight
        if tag.get("name") == artifact and "action" in tag:
            found.append(((int(seconds), tag.get("counter", 0)), tag, commit))
    return [(tag, commit) for _, tag, commit in sorted(found, key=lambda each: each[0])]
