"""The embedder of a stage, by the engine that `models/inference.json` names."""

from lookalike.core.errors import DataError
from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams
from lookalike.inference.cache_key import CacheSettings
from lookalike.inference.devices import launch_processes
from lookalike.inference.embedder import Embedder
from lookalike.inference.engine_model import EngineModel
from lookalike.inference.exported import REMEDY, read_export
from lookalike.inference.inference_file import inference_of_graph, read_inference
from lookalike.inference.runtimes.graph import open_graph
from lookalike.model.artifact import Model, load_model
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
    processes = launch_processes(machine)
    fix_compute(base.threads)
    cache = CacheSettings(project.cache, machine.embedding_cache_gigabytes)
    model = open_model(project, base.threads)
    return Embedder(model, base.inference_batch_size, machine.workers, cache, processes)


def open_model(project: Layout, threads: int) -> Model:
    """The model of a project, computed by the engine of its pipeline.

    Raises:
        LookalikeError: the model or the export is missing or broken, or the engine is not
            installed, or not that of the export stage.
    """
    model, inference = load_model(project.model), read_inference(project.inference)
    numerics = inference.numerics
    if numerics.engine == "torch":
        return model.in_precision(numerics.precision)
    runtime = open_graph(project.export, model.fingerprint, numerics, threads)
    if inference != inference_of_graph(read_export(project.export), numerics):
        raise DataError(
            f"{project.inference}: names another graph, or another version of {numerics.engine}; "
            f"{REMEDY}"
        )
    return EngineModel(model, inference, runtime)
