"""A data set that grows, split by the stage script."""

import hashlib
import json

import pytest

from .conftest import Project
from .test_bad_input import write_images


def sides(project: Project) -> dict[str, str]:
    """The side of each image, by its path."""
    lines = project.read("data/split.csv").splitlines()[1:]
    return {line.split(",")[1]: line.split(",")[3] for line in lines}


@pytest.mark.full
def test_a_pinned_split_is_kept_while_the_data_set_grows(fresh: Project) -> None:
    photos = fresh.root / "photos"
    for name in ("cat", "dog"):
        write_images(photos / name, 12)
    chosen = {"ingest__source": "photos", "split__samples_per_class": None}
    fresh.set_params(**chosen)
    fresh.run("python", "src/ingest.py")
    fresh.run("python", "src/split.py")
    before = sides(fresh)
    fresh.path("data/split.csv").rename(fresh.path("first.csv"))

    write_images(photos / "owl", 1)
    write_images(photos / "pig", 30)
    digest = hashlib.sha256(fresh.path("first.csv").read_bytes()).hexdigest()
    fresh.set_params(**chosen, split__method="hashed", split__previous="first.csv", base__seed=7)
    fresh.run("python", "src/ingest.py")
    refused = fresh.run("python", "src/split.py", fails=True).stderr
    assert digest in refused and len(refused.splitlines()) == 1

    fresh.set_params(split__previous_sha256=digest)
    said = fresh.run("python", "src/split.py").stderr
    after = sides(fresh)
    assert {path: after[path] for path in before} == before
    assert {side for path, side in after.items() if path.startswith("pig/")} >= {"train", "test"}
    metrics = json.loads(fresh.read("metrics/split.json"))
    assert metrics["images_by_class"]["cat"] == [8, 2, 2]
    assert "'owl'" in said and len(said.splitlines()) <= 3
