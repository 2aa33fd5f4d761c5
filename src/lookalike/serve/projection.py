"""All indexed images in the plane: the two directions in which their embeddings differ most."""

import gzip
import json
from typing import NamedTuple

import numpy as np

from lookalike.index.index import Index
from lookalike.retrieval.vectors import Vectors

SAMPLE = 20_000  # images that the directions are computed from
BLOCK = 8192  # images that are projected at once
COLUMNS = ("id", "label", "split", "predicted_label")


class Plane(NamedTuple):
    """Points in the unit square.

    Attributes:
        points: float64 `[n, 2]`, each from 0 to 1.
        explained: the share of the variance along either axis.
    """

    points: np.ndarray
    explained: list[float]


def projection(index: Index) -> bytes:
    """What `GET /projection` answers, compressed by gzip; the same bytes every time."""
    plane = principal_plane(index.vectors)
    columns = {name: index.metadata[name].to_pylist() for name in COLUMNS}
    for axis, values in zip("xy", plane.points.T.round(4).tolist(), strict=True):
        columns[axis] = values
    answer = {"method": "pca", "explained": plane.explained, "columns": columns}
    return gzip.compress(json.dumps(answer, separators=(",", ":")).encode(), 6, mtime=0)


def principal_plane(vectors: Vectors) -> Plane:
    """The first two principal components of the normalized vectors `[n, d]`.

    The directions are those of up to 20,000 evenly spaced rows. Each points to where its largest
    weight is positive, so that the same index gives the same picture.
    """
    images, dimension = vectors.values.shape
    some = np.unique(np.linspace(0, images - 1, min(SAMPLE, images)).astype(np.int64))
    sample = _unit(vectors, some)
    mean = sample.mean(axis=0)
    covariance = np.atleast_2d(np.cov(sample, rowvar=False, bias=True))
    variances, directions = np.linalg.eigh(covariance)
    best = directions[:, : -min(2, dimension) - 1 : -1]
    best = best * np.sign(best[np.abs(best).argmax(axis=0), range(best.shape[1])])
    points = np.zeros((images, 2))
    for start in range(0, images, BLOCK):
        rows = np.arange(start, min(start + BLOCK, images))
        points[rows, : best.shape[1]] = (_unit(vectors, rows) - mean) @ best
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    total = max(float(variances.sum()), np.finfo(float).tiny)
    explained = [round(max(0.0, float(v)) / total, 4) for v in variances[:-3:-1]]
    return Plane((points - low) / np.where(extent > 0, extent, 1), explained)


def _unit(vectors: Vectors, rows: np.ndarray) -> np.ndarray:
    lengths = np.maximum(vectors.lengths[rows], np.finfo(np.float32).tiny)
    unit: np.ndarray = vectors.values[rows].astype(np.float64) / lengths[:, None]
    return unit
