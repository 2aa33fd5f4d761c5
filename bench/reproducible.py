"""What `base.reproducible: portable` costs: training steps and embedding, against `machine`.

    python -m bench.reproducible [--backbone resnet18] [--size 224] [--steps 4] [--runs 3]

Random images, so that nothing but computing is measured. The two ways take turns, each in a process
of its own; medians of images a second are printed, and their ratio.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from lookalike.core.portable import PORTABLE

WAYS = {"machine": {}, "portable": PORTABLE}
WORK = ("training", "embedding")


def main() -> None:
    parser = argparse.ArgumentParser(description="the cost of portable bytes")
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measured(options)))
        return
    speeds: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(options.runs):
        for way, variables in WAYS.items():
            command = [sys.executable, "-m", "bench.reproducible", *sys.argv[1:], "--measure"]
            done = subprocess.run(
                command, env=os.environ | variables, check=True, stdout=subprocess.PIPE
            )
            speeds[way].append(json.loads(done.stdout))
    print(f"{options.backbone} at {options.size}, batches of {options.batch}, images a second")
    for work in WORK:
        machine, portable = (statistics.median(s[work] for s in speeds[way]) for way in WAYS)
        print(f"{work}: machine {machine:.1f}, portable {portable:.1f} ({portable / machine:.0%})")


def measured(options: argparse.Namespace) -> dict[str, float]:
    """Images a second of training steps and of embedding in this process."""
    import torch

    from lookalike.model.compute import fix_compute
    from lookalike.model.network import EmbeddingNetwork
    from lookalike.train.params import TrainParams
    from lookalike.train.recipe.objective import Objective
    from lookalike.train.recipe.optimizer import make_optimizer

    fix_compute(options.threads)
    network = EmbeddingNetwork(options.backbone, embedding_dim=128, classes=10)
    objective = Objective(TrainParams(), classes=10, dimension=128)
    optimizer = make_optimizer(network, objective, TrainParams())
    images = torch.randint(0, 256, (options.batch, 3, options.size, options.size)).byte()
    targets = torch.arange(options.batch) % 10

    def train() -> None:
        objective(network.train()(images), targets).backward()
        optimizer.step()
        optimizer.zero_grad()

    @torch.inference_mode()
    def embed() -> None:
        network.eval()(images)

    def speed(step: Callable[[], None]) -> float:
        step()  # warm up
        start = time.perf_counter()
        for _ in range(options.steps):
            step()
        images_seen: int = options.steps * options.batch
        return images_seen / (time.perf_counter() - start)

    return {"training": speed(train), "embedding": speed(embed)}


if __name__ == "__main__":
    main()
