"""The embedder of a stage: of this process, of several, or of a Ray cluster."""

from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams
from lookalike.inference.cache_key import CacheSettings
from lookalike.inference.devices import launch_processes
from lookalike.inference.embedder import Embedder
from lookalike.inference.on_cluster import ClusterEmbedder
from lookalike.inference.opening import open_model
from lookalike.inference.processes import ALONE
from lookalike.model.compute import fix_compute


def start_embedder(project: Layout, base: BaseParams, machine: MachineParams) -> Embedder:
    """The embedder of a stage: its processes started, torch's arithmetic fixed, its cache open.

    Args:
        project: where model, export and cache are.
        base: `threads` and `inference_batch_size`.
        machine: workers, devices, hosts, and how much is cached.

    Raises:
        LookalikeError: the model is missing or broken, the processes cannot be started, or the
            engine is not installed, or not that of the export stage.
    """
    on_cluster = machine.engine == "ray"
    processes = ALONE if on_cluster else launch_processes(machine)
    fix_compute(base.threads)
    cache = CacheSettings(project.cache, machine.embedding_cache_gigabytes)
    model = open_model(project, base.threads)
    if on_cluster:
        return ClusterEmbedder(project, model, base.inference_batch_size, machine.workers, cache)
    return Embedder(model, base.inference_batch_size, machine.workers, cache, processes)
