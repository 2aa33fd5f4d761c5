"""What this machine has, and which parameters suit it. It recommends; `params.yaml` decides."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch

from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams
from lookalike.doctor.engines import EngineSpeed, engine_speeds
from lookalike.doctor.machine import Machine, this_machine
from lookalike.doctor.reachable import mongodb_answer, remote_answer, store_answer
from lookalike.doctor.speed import decoding_speed, training_speed
from lookalike.index.params import IndexParams
from lookalike.inference.embeddings import VECTORS, open_vectors
from lookalike.model.backbones import check_backbone
from lookalike.project.parameters import Parameters, read_all
from lookalike.terminal.progress import track
from lookalike.train.recipe.image_sizes import check_image_sizes, while_learning

# bf16 has to be this much faster to be worth its rounding, more threads to be worth their cores.
WORTH = 1.1
SMALL_BATCH = 16
LARGER_BATCHES = (32, 64, 128, 256, 512)
FASTER = 1.05
# From so many vectors on, a graph is quicker than trees: docs/search-engines.md has the figures.
MANY_VECTORS = 10_000
GRAPHS = ("faiss", "usearch")
# A GPU of today has thousands of multipliers: fewer images leave some of them idle.
GPU_INFERENCE_BATCH = 256


class Setting(NamedTuple):
    """A way to compute, and how many images a second it trains on."""

    precision: str
    threads: int
    batch: int
    speed: float


class Advice(NamedTuple):
    """A parameter, what it is, what it should be, and why."""

    name: str
    now: object
    better: object
    reason: str


def doctor(project: Layout, seconds: float = 2.0) -> Iterator[str]:
    """Look at this machine, measure, and yield what to print, line by line.

    Args:
        project: the project.
        seconds: how long each measurement takes.

    Raises:
        LookalikeError: the parameters are not valid.
    """
    params = read_all(project.params)
    for backbone in params.train.backbones:
        check_backbone(backbone.name)
    check_image_sizes(params.train)
    machine = this_machine()
    yield from _describe(machine)
    yield ""
    size = while_learning(params.train).crop
    names = " and ".join(backbone.name for backbone in params.train.backbones)
    yield f"training {names} at {size} pixels, images a second"
    settings = _measure(params, machine, seconds)
    for one in settings:
        yield f"  {one.precision}, {one.threads} threads, batches of {one.batch}: {one.speed:.0f}"
    decoding = decoding_speed(project, params.train, seconds)
    yield (
        "  decoding cannot be measured before the ingest stage has run"
        if decoding is None
        else f"  decoding and augmenting, one process: {decoding:.0f}"
    )
    speeds = engine_speeds(project, params.base, seconds)
    yield ""
    batch = params.base.inference_batch_size
    yield f"embedding with models/model, batches of {batch}, images a second"
    yield from (f"  {one.numerics}: {one.speed:.0f}" for one in speeds)
    if not speeds:
        yield "  engines cannot be measured before the export stage has run"
    yield ""
    for advice in [
        *recommend(settings, decoding, machine, params),
        *recommend_engine(speeds, params.base),
        *recommend_search_engine(_vectors(project), params.index),
    ]:
        verdict = "is right" if advice.now == advice.better else f"better {advice.better}"
        yield f"{advice.name}: {advice.now} {verdict} ({advice.reason})"
    yield ""
    yield f"DVC remote  {remote_answer(project)}"
    yield f"MongoDB     {mongodb_answer()}"
    yield f"store       {store_answer(project)}"


def recommend(
    settings: list[Setting], decoding: float | None, machine: Machine, params: Parameters
) -> list[Advice]:
    """What the measurements speak for: the fewest means that are nearly as fast as the best.

    Args:
        settings: what was measured of training.
        decoding: images a second that one process decodes; None if it is not known.
        machine: what there is.
        params: what is set.
    """
    fastest = {
        precision: max(s.speed for s in settings if s.precision == precision)
        for precision in ("fp32", "bf16")
    }
    gain = fastest["bf16"] / fastest["fp32"]
    precision = "bf16" if gain >= WORTH else "fp32"
    good = [
        one
        for one in settings
        if one.precision == precision and one.speed * WORTH >= fastest[precision]
    ]
    threads = min(one.threads for one in good)
    batch = min(one.batch for one in good if one.threads == threads)
    advice = [
        Advice("base.precision", params.base.precision, precision, f"bf16 is {gain:.1f} x fp32"),
        Advice("base.threads", params.base.threads, threads, "more are hardly faster"),
        Advice(
            "train.batch_size",
            params.train.batch_size,
            max(batch, params.train.batch_size),
            f"{batch} images and more keep this machine busy; accuracy has its own needs",
        ),
    ]
    if machine.gpu is not None:
        now = params.base.inference_batch_size
        better = max(now, GPU_INFERENCE_BATCH)
        reason = "a GPU is not busy with fewer images at once"
        advice.append(Advice("base.inference_batch_size", now, better, reason))
    if decoding is not None:
        needed = math.ceil(fastest[precision] * WORTH / decoding)
        workers = min(needed, machine.cores)
        reason = f"{needed} processes decode as fast as the model learns"
        advice.append(Advice("machine.workers", params.machine.workers, workers, reason))
    return advice


def recommend_engine(speeds: list[EngineSpeed], base: BaseParams) -> list[Advice]:
    """What the measurements speak for: of those nearly as fast as the best, what changes least.

    Args:
        speeds: what was measured; those that change least first.
        base: what is set.
    """
    if not speeds:
        return []
    fastest = max(one.speed for one in speeds)
    best = next(one for one in speeds if one.speed * WORTH >= fastest)
    reason = f"{best.speed / speeds[0].speed:.1f} x {speeds[0].numerics}"
    if best.numerics.engine != "torch" and base.reproducible == "portable":
        reason += "; it needs base.reproducible: machine"
    if best.numerics.precision != "fp32":
        reason += "; the evaluate stage says what it costs"
    now = f"{base.inference.engine} in {base.inference.precision or base.precision}"
    return [Advice("base.inference", now, str(best.numerics), reason)]


def recommend_search_engine(vectors: int, index: IndexParams) -> list[Advice]:
    """What searches so many vectors quickly; nothing where the smallest index is quick enough.

    Args:
        vectors: how many are searched, 0 where that is not known.
        index: what is set.
    """
    if vectors < MANY_VECTORS:
        return []
    now = index.engine.name
    reason = f"of {vectors} vectors a graph answers several times as many queries a second"
    return [Advice("index.engine.name", now, now if now in GRAPHS else GRAPHS[0], reason)]


def _vectors(project: Layout) -> int:
    """How many embeddings there are."""
    try:
        return len(open_vectors(project.embeddings / VECTORS))
    except (OSError, ValueError):
        return 0


def _measure(params: Parameters, machine: Machine, seconds: float) -> list[Setting]:
    """Precision and threads at a small batch, then larger batches with the best of them."""
    threads = sorted({1, max(1, machine.cores // 2), machine.cores})
    first = [(precision, number) for precision in ("fp32", "bf16") for number in threads]
    settings = [
        Setting(
            precision,
            number,
            SMALL_BATCH,
            training_speed(params.train, precision, number, SMALL_BATCH, seconds),
        )
        for precision, number in track(first, "measuring", len(first))
    ]
    best = max(settings, key=lambda one: one.speed)
    fastest = best.speed
    for batch in track(LARGER_BATCHES, "measuring batches", None):
        try:
            speed = training_speed(params.train, best.precision, best.threads, batch, seconds)
        except torch.OutOfMemoryError:
            break
        settings.append(Setting(best.precision, best.threads, batch, speed))
        if speed < fastest * FASTER:
            break  # larger ones will not be faster either
        fastest = speed
    return settings


def _describe(machine: Machine) -> Iterator[str]:
    yield f"processor   {machine.cores} cores, {machine.instructions}"
    yield f"memory      {_gib(machine.memory)}, {_gib(machine.free_memory)} of it free"
    if machine.shared_memory is not None:
        yield f"/dev/shm    {_gib(machine.shared_memory)} free, for loading processes"
    gpu = f"{machine.gpu}, {_gib(machine.gpu_memory)}" if machine.gpu else "none"
    yield f"GPU         {gpu}"


def _gib(number: int) -> str:
    return f"{number / 2**30:.1f} GiB"
