"""A project with two registered versions in a bucket, and clones of it that have pulled nothing."""

import shutil
from pathlib import Path

import pytest
from dvc.repo import Repo
from tests.pipeline.conftest import Project

import lookalike as la
from lookalike.revisions.gto_import import import_gto
from services.servers import S3Server

BUCKET = "registered"
PIPELINE = """\
stages:
  data: {cmd: 'true', outs: [data/images]}
  train: {cmd: 'true', outs: [models/model, models/export]}
  index: {cmd: 'true', outs: [models/index]}
artifacts:
  model: {path: models/model, type: model}
"""


class Registered(Project):
    """A project whose registry tests change."""

    def register(self, version: str) -> None:
        import_gto().api.register(self.root, "model", "HEAD", version=version)

    def assign(self, version: str, stage: str = "production") -> None:
        """Also again, after another version was: the command needs `--force` then."""
        import_gto().api.assign(self.root, "model", stage, version=version, force=True)

    def unassign(self, version: str, stage: str = "production") -> None:
        import_gto().api.unassign(self.root, "model", version=version, stage=stage, force=True)

    def commit(self, message: str) -> str:
        for name in ("name", "email"):
            self.run("git", "config", f"user.{name}", "test@example.org")
        return super().commit(message)


def publish(project: Registered, version: str) -> None:
    """Commit and push what lies there, and register it."""
    with Repo(str(project.root)) as repo:
        repo.commit(force=True)
        repo.push()
    project.commit(version)
    project.register(version)


@pytest.fixture(scope="session")
def _registered(
    s3: S3Server,
    tiny_model: Path,
    tiny_export: Path,
    tiny_index: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Registered:
    project = Registered(tmp_path_factory.mktemp("registered") / "project")
    project.root.mkdir()
    project.path("dvc.yaml").write_text(PIPELINE)
    project.path("params.yaml").write_text("serve: {decoders: 1, watch_seconds: 0.05, port: 0}\n")
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    Repo.init(str(project.root)).close()
    project.path(".gitignore").write_text("/.cache/\n/models/\n/data/\n")
    project.path(".dvc/config").write_text(
        f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://{BUCKET}\n"
    )
    project.commit("a project without results")
    for name, source in {"model": tiny_model, "export": tiny_export, "index": tiny_index}.items():
        shutil.copytree(source, project.path("models") / name)
    project.path("data/images").mkdir(parents=True)
    project.path("data/images/shard.arrow").write_text("not to be fetched")
    s3.make_bucket(BUCKET)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in s3.environment.items():
            environment.setenv(name, value)
        publish(project, "v0.1.0")
        opened = la.open_index(tiny_index)
        vectors, model = opened.vectors.values.copy(), opened.description.model_sha256
        index = project.path("models/index")
        la.build_index(vectors, opened.metadata, index, la.Exact(), model)
        publish(project, "v0.2.0")
    project.assign("v0.1.0")
    return project


@pytest.fixture
def registered(_registered: Registered, tmp_path: Path) -> Registered:
    """The place where versions are registered: v0.1.0, in production, with Annoy; v0.2.0, exact."""
    return Registered(Path(shutil.copytree(_registered.root, tmp_path / "registered")))


@pytest.fixture
def clone(registered: Registered, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Registered:
    """A clone of it that has pulled nothing, as the current folder; the bucket's keys are known."""
    clone = Registered(registered.clone(registered.root.with_name("clone")).root)
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(clone.root)
    return clone
