"""`lookalike publish`: the index of a project into the database."""

import json
from typing import Any

from lookalike.core.layout import Layout
from lookalike.core.params import read_params
from lookalike.index.index import Index
from lookalike.index.storage import open_index
from lookalike.inference.runtimes.choice import model_fingerprint
from lookalike.publish.mongodb.database import open_database
from lookalike.publish.mongodb.publisher import publish
from lookalike.publish.mongodb.verification import verify
from lookalike.publish.params import PublishParams

METRICS = ("evaluate", "index")


def publish_index(project: Layout, rewrite: bool = False) -> str:
    """Publish the index of a project; returns a line for people.

    Raises:
        LookalikeError: the index is damaged or not the model's, or the database refuses.
    """
    params = read_params(PublishParams, path=project.params)
    with open_database() as database:
        index = _index(project)
        done = publish(index, _metrics(project), params.keep_versions, database, rewrite=rewrite)
        removed = f"; removed {', '.join(done.removed)}" if done.removed else ""
        return (
            f"version {done.version} is current in {database.name}: {len(index)} images, "
            f"{done.new} new, {done.changed} changed{removed}"
        )


def verify_index(project: Layout) -> str:
    """Compare the database with the index of a project; returns a line for people.

    Raises:
        LookalikeError: they differ; or as `publish_index`.
    """
    with open_database() as database:
        same = verify(_index(project), _metrics(project), database)
        return (
            f"version {same.version} is current in {database.name} and the same as the index: "
            f"{same.images} images, digest {same.digest}"
        )


def _index(project: Layout) -> Index:
    return open_index(project.index, model_fingerprint(project.model, project.export), verify=True)


def _metrics(project: Layout) -> dict[str, Any]:
    """The metrics files that are there."""
    paths = {name: project.metrics / f"{name}.json" for name in METRICS}
    return {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name, path in paths.items()
        if path.is_file()
    }
