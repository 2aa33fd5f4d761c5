"""Whether `dvc.lock` is what code, parameters and data of the workspace would give.

`dvc status` does not serve: of a file that is not in the cache it says only that, and of one that
was not pulled that it was deleted. Here nothing has to be pulled: what a stage reads of another one
is compared within `dvc.lock`.
"""

from collections.abc import Iterator
from typing import Any

from dvc.repo import Repo
from dvc.repo.index import Index

from lookalike.core.secrets import without_secrets
from lookalike.terminal.progress import say


def outdated(repo: Repo, ask_remotes: bool = True) -> list[str]:
    """A line for everything in which `dvc.lock` and the workspace differ, in order of the stages.

    Args:
        repo: the opened project.
        ask_remotes: whether to look at dependencies that have to be asked for over the network.
    """
    index: Index = repo.index
    lines = []
    for stage in sorted(index.stages, key=lambda stage: str(stage.addressing)):
        lines += [f"{stage.addressing}: {line}" for line in _outdated(index, stage, ask_remotes)]
    return lines + _without_stage(repo)


def _outdated(index: Index, stage: Any, ask_remotes: bool) -> Iterator[str]:
    locked = _locked(stage)
    if stage.cmd and not locked:
        yield "is not in dvc.lock: it has not run"
        return
    if stage.changed_stage():
        yield "its command is another one"
    for dependency in [] if stage.frozen else stage.deps:
        if ask_remotes or dependency.protocol == "local":
            yield from _outdated_dependency(index, stage, dependency)
        else:
            say(f"{stage.addressing}: {_public(dependency)} is not checked")
    for out in stage.outs:
        state = out.workspace_status().get(str(out))
        kept_by_git = not out.use_cache and not index.repo.scm.is_ignored(out.fs_path)
        if state in {"modified", "new"} or (state == "deleted" and kept_by_git):
            yield f"{_public(out)}, which it writes, is {state}"
    for kind, declared in (("deps", stage.deps), ("outs", stage.outs)):
        paths = {entry.def_path for entry in declared}
        for path in sorted({entry["path"] for entry in locked.get(kind, [])} - paths):
            yield f"dvc.lock names {without_secrets(path)}, which dvc.yaml does not"


def _outdated_dependency(index: Index, stage: Any, dependency: Any) -> Iterator[str]:
    for name, state in dependency.workspace_status().items():
        public = without_secrets(name)
        if isinstance(state, dict):  # of parameters, each with its own
            yield from (f"{key} of {public} is {change}" for key, change in sorted(state.items()))
        elif state != "deleted":
            yield f"{public} is {state}"
        elif (made := _making(index, dependency)) is not None:
            if made.fs_path == dependency.fs_path and made.hash_info != dependency.hash_info:
                yield f"{public} is not what {made.stage.addressing} wrote, after dvc.lock"
        elif dependency.is_in_repo:
            yield f"{public} is deleted"
        else:
            say(f"{stage.addressing}: {public} is not here, so it is not checked")


def _making(index: Index, dependency: Any) -> Any:
    """The output that a dependency is, or is a part of; None where no stage makes it."""
    path, fs = dependency.fs_path, dependency.fs
    outs = (out for out in index.outs if out.fs.protocol == fs.protocol)
    return next((out for out in outs if fs.isin_or_eq(path, out.fs_path)), None)


def _locked(stage: Any) -> dict[str, Any]:
    """A stage's entry in `dvc.lock`; empty where there is none, as of a `.dvc` file."""
    name = getattr(stage, "name", None)
    if name is None:
        return {}
    entry: dict[str, Any] = stage.dvcfile.lockfile_contents.get("stages", {}).get(name, {})
    return entry


def _without_stage(repo: Repo) -> list[str]:
    """A line for each entry of a `dvc.lock` that belongs to no stage."""
    files = {
        stage.dvcfile.path: stage.dvcfile
        for stage in repo.index.stages
        if getattr(stage, "name", None) is not None
    }
    return [
        f"{name}: is in dvc.lock, but not in dvc.yaml"
        for _, file in sorted(files.items())
        for name in sorted(file.lockfile_contents.get("stages", {}).keys() - file.stages.keys())
    ]


def _public(entry: Any) -> str:
    return without_secrets(str(entry))
