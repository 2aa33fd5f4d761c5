"""`lookalike publish`: the index of a project into a store."""

from typing import Any

from lookalike.core.json_file import read_object
from lookalike.core.layout import Layout
from lookalike.core.params import read_params
from lookalike.index.index import Index
from lookalike.index.storage import open_index
from lookalike.inference.runtimes.choice import model_fingerprint
from lookalike.publish.addresses import MONGODB, open_store
from lookalike.publish.params import PublishParams

METRICS = ("evaluate", "index")


def publish_index(project: Layout, to: str = MONGODB, rewrite: bool = False) -> str:
    """Publish the index of a project; returns a line for people.

    Raises:
        LookalikeError: the index is damaged or not the model's, or the store refuses.
    """
    params = read_params(PublishParams, path=project.params)
    with open_store(to) as store:
        index = _index(project)
        done = store.publish(index, _metrics(project), params.keep_versions, rewrite)
        removed = f"; removed {', '.join(done.removed)}" if done.removed else ""
        return (
            f"version {done.version} is current in {store.name}: {len(index)} images, "
            f"{done.new} new, {done.changed} changed{removed}"
        )


def plan_publishing(project: Layout, to: str = MONGODB, rewrite: bool = False) -> str:
    """Say what `publish_index` would do, and change nothing; returns a line for people.

    Raises:
        LookalikeError: as `publish_index`.
    """
    params = read_params(PublishParams, path=project.params)
    with open_store(to) as store:
        index = _index(project)
        plan = store.plan(index, params.keep_versions, rewrite)
        becomes = "is" if plan.is_current else "would become"
        removed = f"; would remove {', '.join(plan.removed)}" if plan.removed else ""
        return (
            f"version {plan.version} {becomes} current in {store.name}: {len(index)} images, "
            f"{plan.images} to write{removed}"
        )


def verify_index(project: Layout, to: str = MONGODB) -> str:
    """Compare a store with the index of a project; returns a line for people.

    Raises:
        LookalikeError: they differ; or as `publish_index`.
    """
    with open_store(to) as store:
        same = store.verify(_index(project), _metrics(project))
        recall = "" if same.recall is None else f", recall@10 {same.recall:.3f}"
        return (
            f"version {same.version} is current in {store.name} and the same as the index: "
            f"{same.images} images, digest {same.digest}{recall}"
        )


def _index(project: Layout) -> Index:
    return open_index(project.index, model_fingerprint(project.model, project.export), verify=True)


def _metrics(project: Layout) -> dict[str, Any]:
    """The metrics files that are there."""
    paths = {name: project.metrics / f"{name}.json" for name in METRICS}
    return {name: read_object(path) for name, path in paths.items() if path.is_file()}
