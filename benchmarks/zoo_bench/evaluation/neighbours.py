"""Scores from neighbourhoods in feature space, and a test of whether two sets can be told apart at all.

density, coverage   Naeem et al. 2020, arXiv 2002.09797, equations 4 and 5, k = 5.
diversity           mean distance of two judged images; far below that of held-out ones, the generator draws few things.
kid_p               permutation test of the MMD with KID's kernel (Gretton et al. 2012, JMLR 13, section 5): the share of 200
                    random divisions of the pooled images that differ at least as much. Small: the sets differ.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zoo_bench.evaluation.pixels import Rows
from zoo_bench.evaluation.sets import Sets
from zoo_core.errors import ZooError
from zoo_core.scores import Score

K = 5
PERMUTATIONS = 200
AT_MOST = 1000  # images per side in the permutation test, whose kernel matrix grows with the square


def density_coverage(sets: Sets) -> Mapping[str, Score]:
    if len(sets.real) <= K:
        raise ZooError(f"density and coverage need more than {K} real images and got {len(sets.real)}")
    radius = np.partition(sets.real.among, K, axis=1)[:, K]  # the nearest is the image itself
    inside = sets.across < radius  # (fake, real)
    return {
        "density": Score(float(inside.sum(1).mean() / K), "higher"),
        "coverage": Score(float(inside.any(0).mean()), "higher"),
    }


def diversity(sets: Sets) -> Mapping[str, Score]:
    n = len(sets.fake)
    if n < 2:
        raise ZooError("diversity needs at least 2 generated images")
    return {"diversity": Score(float(sets.fake.among.sum() / (n * (n - 1))), "higher")}


def permutation_test(sets: Sets) -> Mapping[str, Score]:
    if min(len(sets.real), len(sets.fake)) < 4:
        raise ZooError("kid_p needs at least 4 images on each side")
    draw = np.random.default_rng(sets.seed)
    real, fake = (_some(side.features, draw) for side in (sets.real, sets.fake))
    pooled = np.concatenate([real, fake])
    kernel = polynomial_kernel(pooled, pooled)
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
    found = mmd(within, n, rest, m, across)
    return {"kid_p": Score(float((1 + (found[1:] >= found[0]).sum()) / (PERMUTATIONS + 1)), "higher")}


def mmd(real: Rows | float, n: int, fake: Rows | float, m: int, across: Rows | float) -> Rows:
    """Unbiased squared MMD of n and m images (Gretton et al. 2012, equation 3).

    From sums of the kernel: over pairs of different images of either side, both orders, and over pairs across.
    """
    return np.asarray(real / (n * (n - 1)) + fake / (m * (m - 1)) - 2 * across / (n * m))


def polynomial_kernel(a: Rows, b: Rows) -> Rows:
    """KID's kernel (x.y / d + 1)^3 of (N, d) and (M, d) features, (N, M)."""
    return np.asarray((a @ b.T / a.shape[1] + 1) ** 3)


def _some(rows: Rows, draw: np.random.Generator) -> Rows:
    return rows if len(rows) <= AT_MOST else rows[np.sort(draw.choice(len(rows), AT_MOST, replace=False))]
