"""What DVC knows of the stage that a metric comes from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.dependency.param import ParamsDependency

from lookalike.core.errors import ConfigError
from lookalike.core.layout import Layout
from lookalike.revisions.repository import open_repository


@dataclass(frozen=True)
class Pipeline:
    """The stages that have to run for a metric.

    Attributes:
        stage: the one that writes it.
        parameters: what it and the stages before it read of `params.yaml`: names of parameters and
            of whole groups.
        in_git: their outputs that are in Git and not in DVC's cache.
        cache: the folder of DVC's cache.
        local_config: the project's settings of DVC that are not in Git.
    """

    stage: str
    parameters: frozenset[str]
    in_git: tuple[Path, ...]
    cache: Path
    local_config: dict[str, Any]

    def reads(self, parameter: str) -> bool:
        """Whether one of the stages depends on a parameter."""
        return any(
            parameter == name or parameter.startswith(f"{name}.") for name in self.parameters
        )

    def keeps_in_git(self, path: Path) -> bool:
        """Whether an experiment's commit holds a file."""
        return any(path.is_relative_to(output) for output in self.in_git)


def pipeline_for(path: Path, project: Layout) -> Pipeline:
    """The stages that have to run for a metrics file.

    Args:
        path: the file, relative to the project's folder.
        project: the project.

    Raises:
        ConfigError: no stage writes it.
        LookalikeError: DVC cannot read the project.
    """
    with open_repository(project) as repo:
        root = Path(repo.root_dir)
        writers = [
            stage.addressing
            for stage in repo.index.stages
            for output in stage.outs
            if (root / path).is_relative_to(output.fs_path)
        ]
        if not writers:
            raise ConfigError(f"{path}: no stage of dvc.yaml writes this file")
        stages = repo.stage.collect(writers[0], with_deps=True)
        return Pipeline(
            stage=writers[0],
            parameters=frozenset(
                name
                for stage in stages
                for dependency in stage.deps
                if isinstance(dependency, ParamsDependency)
                and Path(dependency.fs_path) == (root / project.params.name)
                for name in dependency.params
            ),
            in_git=tuple(
                Path(output.fs_path).relative_to(root)
                for stage in stages
                for output in stage.outs
                if not output.use_cache and output.protocol == "local"
            ),
            cache=Path(repo.cache.local_cache_dir),
            local_config=repo.config.read("local"),
        )
