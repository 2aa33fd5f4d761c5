"""Is one model better than another, image by image?

Both have seen the same test images, so what counts is the difference on each of them: most images
are as easy or as hard for both, and drop out.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from lookalike.compare.query import Query
from lookalike.core.seeds import seed_for

METRICS = {"accuracy": "accuracy", "recall_at_1": "recall@1", "map_at_r": "mAP@R"}
DRAWS = 5000
NORMAL = 1.96  # standard deviations that hold 95% of a normal distribution

Verdict = Literal["better", "worse", "within noise"]


class Difference(NamedTuple):
    """How far a metric is from the one before, on the images that both have.

    Attributes:
        images: how many they are.
        before: the metric on them.
        after: the same.
        difference: after less before.
        low: the lower end of its 95% interval.
        high: the upper end.
    """

    images: int
    before: float
    after: float
    difference: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """What the interval says."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "within noise"


def differences(
    before: Mapping[str, Query], after: Mapping[str, Query], seed_noise: Mapping[str, float]
) -> dict[str, Difference]:
    """The difference in each metric that both revisions have of some image.

    Args:
        before: the test images of one revision by id.
        after: those of the other; images that only one has are left out.
        seed_noise: of each metric, the standard deviation between trainings that differ in nothing
            but their seeds; a metric without one is compared as if training had no chance in it.
    """
    common = [(query, after[id]) for id, query in sorted(before.items()) if id in after]
    found = {}
    for metric in METRICS:
        pairs = [(getattr(one, metric), getattr(other, metric)) for one, other in common]
        measured = np.array([pair for pair in pairs if None not in pair], dtype=np.float64)
        if len(measured):
            found[metric] = _difference(metric, measured, seed_noise.get(metric, 0.0))
    return found


def _difference(metric: str, values: np.ndarray, noise: float) -> Difference:
    """The interval holds two kinds of chance, which add up as variances do.

    Other test images: by the paired bootstrap over the differences and two imaginary ones. These
    two, one as large as the largest and one as large to the other side, keep a handful of changed
    images from looking like proof: the plain bootstrap calls four images that got better, and none
    that got worse, an improvement, but a fair coin does as well one time in eight. For metrics that
    are 0 or 1 it is the adjustment of Bonett and Price, "Adjusted Wald confidence interval for a
    difference of binomial proportions based on paired data", 2012.

    Other seeds: two trainings, each `noise` off, are together off by sqrt(2) times that.

    Args:
        metric: its name, which the draws depend on.
        values: before and after on each image, float `[n, 2]`.
        noise: the standard deviation between seeds.
    """
    before, after = values.T
    changes = after - before
    largest = np.abs(changes).max()
    ends = _mean_interval(np.append(changes, [largest, -largest]), seed_for("compare", metric))
    difference = float(changes.mean())
    by_seed = NORMAL * 2**0.5 * noise
    below, above = (float(np.hypot(end - difference, by_seed)) for end in ends)
    return Difference(
        images=len(changes),
        before=float(before.mean()),
        after=float(after.mean()),
        difference=difference,
        low=difference - below,
        high=difference + above,
    )


def _mean_interval(values: np.ndarray, seed: int) -> list[float]:
    """The middle 95% of the means of `DRAWS` resamples of values, float `[n]`.

    Equal values are drawn together, by how often: most differences are one of three.
    """
    different, counts = np.unique(values, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(values), counts / len(values), DRAWS)
    means = drawn @ different / len(values)
    ends: list[float] = np.quantile(means, [0.025, 0.975]).tolist()
    return ends
