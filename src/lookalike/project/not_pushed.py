"""What `dvc.lock` names and the DVC remote does not have.

`dvc status --cloud` leaves out a folder whose list of files is nowhere, and believes its notes of
earlier pushes. Here the remote is asked, and nothing but lists of files is read from it.
"""

from collections import defaultdict
from typing import Any

from dvc.repo import Repo
from dvc_data.hashfile.tree import Tree

from lookalike.core.secrets import without_secrets


def not_pushed(repo: Repo) -> list[str]:
    """A line for every output that the remote lacks, or has only in part, in order of their names.

    Args:
        repo: the opened project.

    Raises:
        dvc.exceptions.DvcException: there is no remote, or it cannot be reached.
    """
    by_remote = defaultdict(list)
    for out in repo.index.outs:
        if out.use_cache and out.can_push and out.hash_info and not out.stage.is_repo_import:
            by_remote[out.remote, out.hash_name].append(out)
    lines = []
    for (remote, hash_name), outs in by_remote.items():
        lines += _lacking(repo.cloud.get_remote_odb(remote, "status", hash_name), outs)
    return sorted(lines)


def _lacking(remote: Any, outs: list[Any]) -> list[str]:
    hashes = {str(out): out.hash_info for out in outs}
    there = set(remote.oids_exist([info.value for info in hashes.values()]))
    lines = [
        f"{without_secrets(name)}: is not in the remote"
        for name, info in hashes.items()
        if info.value not in there
    ]
    parts = {
        name: [part.value for _, _, part in Tree.load(remote, info)]
        for name, info in hashes.items()
        if info.isdir and info.value in there
    }
    there = set(remote.oids_exist(sorted(set().union(*parts.values())))) if parts else set()
    for name, values in parts.items():
        if lacking := sum(value not in there for value in values):
            lines.append(
                f"{without_secrets(name)}: {lacking} of {len(values)} files are not in the remote"
            )
    return lines
