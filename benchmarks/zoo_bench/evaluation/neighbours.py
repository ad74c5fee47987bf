"""Scores from nearest neighbours in feature space, and a test of whether two sets can be told apart at all.

density, coverage   Naeem et al. 2020, arXiv 2002.09797, equations 4 and 5, k = 5.
copies              share of generated images nearer to a training image, or to its mirror image, than all but 5 % of the
                    held-out images are; 0.05 is what a generator that does not copy would get. Near is relative: the
                    distance is divided by that of the training image to its own nearest other, since plain images lie close
                    together without being copies. Every distance between distributions calls pure copying perfect; this
                    score calls it 1.
kid_p               permutation test of the MMD with KID's kernel (Gretton et al. 2012, JMLR 13, section 5): the share of 200
                    random divisions of the pooled images that differ at least as much. Small: the sets differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from zoo_bench.evaluation.sets import Rows, Sets, Side
from zoo_core.errors import ZooError
from zoo_core.scores import Score

K = 5
QUANTILE = 0.05
PERMUTATIONS = 200
AT_MOST = 1000  # images per side in the permutation test, whose kernel matrix grows with the square


@dataclass(frozen=True)
class Nearest:
    """For every judged image the training image nearest to it.

    index     (N,) numbers of training images.
    distance  (N,) Euclidean distances between features.
    relative  (N,) the same, divided by the distance of that training image to its own nearest other training image.
    mirrored  (N,) whether the mirror image of that training image is the near one.
    """

    index: NDArray[np.int64]
    distance: Rows
    relative: Rows
    mirrored: NDArray[np.bool_]


def nearest(judged: Side, real: Side) -> Nearest:
    """The nearest image of `real`, which has two or more, for every image of `judged`; mirror images count."""
    both = np.concatenate([real.features, real.mirrored().features])
    found = distances(judged.features, both)
    column = found.argmin(1)
    index, distance = column % len(real), found[np.arange(len(column)), column]
    own = np.partition(distances(real.features, real.features), 1, axis=1)[:, 1]
    relative = distance / np.maximum(own, 1e-6)[index]  # training images may be twice there
    return Nearest(index.astype(np.int64), distance, relative, column >= len(real))


def copies(sets: Sets) -> Mapping[str, Score]:
    if sets.held_out is None:
        raise ZooError("copies needs held-out images to compare with")
    if len(sets.real) < 2:
        raise ZooError("copies needs at least 2 training images")
    usual = np.quantile(nearest(sets.held_out, sets.real).relative, QUANTILE)
    return {"copies": Score(float((nearest(sets.fake, sets.real).relative < usual).mean()), "lower")}


def density_coverage(sets: Sets) -> Mapping[str, Score]:
    if len(sets.real) <= K:
        raise ZooError(f"density and coverage need more than {K} real images and got {len(sets.real)}")
    among = np.sort(distances(sets.real.features, sets.real.features), 1)
    radius = among[:, K]  # the nearest is the image itself
    inside = distances(sets.fake.features, sets.real.features) < radius  # (fake, real)
    return {
        "density": Score(float(inside.sum(1).mean() / K), "higher"),
        "coverage": Score(float(inside.any(0).mean()), "higher"),
    }


def permutation_test(sets: Sets) -> Mapping[str, Score]:
    if min(len(sets.real), len(sets.fake)) < 4:
        raise ZooError("kid_p needs at least 4 images on each side")
    draw = np.random.default_rng(sets.seed)
    real, fake = (_some(side.features, draw) for side in (sets.real, sets.fake))
    pooled = np.concatenate([real, fake])
    kernel = (pooled @ pooled.T / pooled.shape[1] + 1) ** 3
    np.fill_diagonal(kernel, 0)
    n, m = len(real), len(fake)
    first = np.zeros((n + m, PERMUTATIONS + 1))
    first[:n, 0] = 1
    for column in range(1, PERMUTATIONS + 1):
        first[draw.permutation(n + m)[:n], column] = 1
    # sums of the kernel within and across the two parts, for every division at once
    image = kernel @ first
    within = (first * image).sum(0)
    across = ((1 - first) * image).sum(0)
    rest = kernel.sum() - within - 2 * across
    mmd = within / (n * (n - 1)) + rest / (m * (m - 1)) - 2 * across / (n * m)
    return {"kid_p": Score(float((1 + (mmd[1:] >= mmd[0]).sum()) / (PERMUTATIONS + 1)), "higher")}


def distances(a: Rows, b: Rows) -> Rows:
    """(N, d), (M, d) -> (N, M) Euclidean. By differences, since the expanded square is not 0 between equal rows."""
    found = torch.cdist(torch.from_numpy(a), torch.from_numpy(b), compute_mode="donot_use_mm_for_euclid_dist")
    return np.asarray(found.numpy(), np.float64)


def _some(rows: Rows, draw: np.random.Generator) -> Rows:
    return rows if len(rows) <= AT_MOST else rows[np.sort(draw.choice(len(rows), AT_MOST, replace=False))]
