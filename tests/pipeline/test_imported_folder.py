"""A folder of another DVC repository as the source of images, as docs/sources.md says."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.images.whole_table import open_shards

from .conftest import Project
from .test_bad_input import write_images


@pytest.fixture
def others(tmp_path: Path) -> Project:
    """A repository with the DVC-tracked folder `photos`: v1.0 has two images, v2.0 three."""
    repository = Project(tmp_path / "others")
    repository.root.mkdir()
    repository.run("git", "init", "--quiet")
    repository.run("dvc", "init", "--quiet")
    for version, label, count in (("v1.0", "cat", 2), ("v2.0", "dog", 1)):
        write_images(repository.path(f"photos/{label}"), count)
        repository.run("dvc", "add", "--quiet", "photos")
        repository.commit(version)
        repository.run("git", "tag", version)
    return repository


@pytest.mark.full
def test_an_imported_folder_stays_at_its_revision_until_it_is_updated(
    fresh: Project, others: Project
) -> None:
    source = str(others.root), "photos"
    fresh.run("dvc", "import", "--rev", "v1.0", "-o", "data/photos", *source)
    fresh.set_params(ingest__source="data/photos")
    fresh.run("dvc", "repro", "ingest")
    assert labels(fresh) == ["cat", "cat"]
    pinned = YAML(typ="safe").load(fresh.path("data/photos.dvc"))["deps"][0]["repo"]
    assert pinned["rev_lock"] == others.run("git", "rev-parse", "v1.0").stdout.strip()

    fresh.run("dvc", "update", "--rev", "v2.0", "data/photos.dvc")
    fresh.run("dvc", "repro", "ingest")
    assert labels(fresh) == ["cat", "cat", "dog"]


@pytest.mark.full
def test_a_pinned_folder_is_what_it_was_at_its_revision(fresh: Project, others: Project) -> None:
    fresh.lookalike("pin", f"dvc://{others.root}?rev=v1.0#photos", "-o", "data/photos.pin")
    fresh.set_params(ingest__source="data/photos.pin")
    fresh.run("dvc", "repro", "ingest")
    assert labels(fresh) == ["cat", "cat"]


def labels(project: Project) -> list[str]:
    found: list[str] = open_shards(project.path("data/images"))["label"].to_pylist()
    return sorted(found)
