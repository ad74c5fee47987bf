"""How far a score would move with other images: standard errors by leaving images out, on both sides.

A bootstrap would draw images twice, which nearest neighbours and the unbiased KID see as copies. The jackknife leaves images
out instead (Tukey 1958; for two samples and U-statistics Arvesen 1969, Annals of Mathematical Statistics 40, theorem 8). Its
variance is too large on average, never too small (Efron & Stein 1981, Annals of Statistics 9), draws nothing at random, and for
all scores here but the Fréchet distance every image can be left out in one pass over matrices that exist already.

Intervals are value +- 1.96 standard errors; `intervals` has those of scores that the jackknife does not suit. They are of the
score at these numbers of images: the bias that FID, recall and coverage have on few images is in the value and in its interval
alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation.fidelity import NEIGHBOURS
from zoo_bench.evaluation.frechet import frechet_without, intercept, moments, subsets
from zoo_bench.evaluation.neighbours import K, mmd, polynomial_kernel
from zoo_bench.evaluation.pixels import Rows
from zoo_bench.evaluation.sets import Sets

WIDTH = 1.959963984540054  # of a normal distribution, 95 % lie within so many standard deviations
FEWEST = 20  # images on each side
GROUPS = 20  # per side, left out one after the other, where single images would take too long
FEW_GROUPS = 10  # where a score is as long as SIZES others

RANGES = {
    **dict.fromkeys(("kid", "fid_infinity"), (-np.inf, np.inf)),
    "is": (1.0, np.inf),
    **dict.fromkeys(("precision", "recall", "coverage"), (0.0, 1.0)),
}


def kid(sets: Sets) -> Mapping[str, float]:
    return {"kid": kid_error(sets.real.features, sets.fake.features)}


def fid(sets: Sets) -> Mapping[str, float]:
    return {"fid": fid_error(sets.real.features, sets.fake.features, sets.seed)}


def fid_infinity(sets: Sets) -> Mapping[str, float]:
    return {"fid_infinity": extrapolation_error(sets.real.features, sets.fake.features, sets.seed)}


def inception_score(sets: Sets) -> Mapping[str, float]:
    return {"is": inception_error(sets.fake.logits)}


def precision_recall(sets: Sets) -> Mapping[str, float]:
    return {
        "precision": Balls(sets.real.among, sets.across, NEIGHBOURS, closed=True).share_inside(),
        "recall": Balls(sets.fake.among, sets.across.T, NEIGHBOURS, closed=True).share_inside(),
    }


def density_coverage(sets: Sets) -> Mapping[str, float]:
    balls = Balls(sets.real.among, sets.across, K, closed=False)
    return {"density": balls.density(), "coverage": balls.share_filled()}


def diversity(sets: Sets) -> Mapping[str, float]:
    among, n = sets.fake.among, len(sets.fake)
    return {"diversity": standard_error((among.sum() - 2 * among.sum(1)) / ((n - 1) * (n - 2)))}


STANDARD_ERRORS: Mapping[str, Callable[[Sets], Mapping[str, float]]] = {
    "kid": kid,
    "fid": fid,
    "fid_infinity": fid_infinity,
    "is": inception_score,
    "precision_recall": precision_recall,
    "density_coverage": density_coverage,
    "diversity": diversity,
}


def interval(name: str, value: float, error: float | None) -> tuple[float, float] | None:
    """The 95 % interval of a score, within what the score can be; None without a standard error."""
    if error is None or not np.isfinite(error):
        return None
    least, most = RANGES.get(name, (0.0, np.inf))
    return float(max(least, value - WIDTH * error)), float(min(most, value + WIDTH * error))


def standard_error(*left_out: Rows) -> float:
    """From the values of a score with each image, or each group of equal size, of a side left out; one array per side."""
    return float(np.sqrt(sum((len(values) - 1) / len(values) * ((values - values.mean()) ** 2).sum() for values in left_out)))


def kid_error(real: Rows, fake: Rows) -> float:
    """Of the unbiased MMD with KID's kernel over all images; that of its mean over subsets, but for their random choice."""
    n, m = len(real), len(fake)
    within_real, within_fake = polynomial_kernel(real, real), polynomial_kernel(fake, fake)
    np.fill_diagonal(within_real, 0)
    np.fill_diagonal(within_fake, 0)
    across = polynomial_kernel(real, fake)
    r, f, c = within_real.sum(), within_fake.sum(), across.sum()
    return standard_error(
        mmd(r - 2 * within_real.sum(1), n - 1, f, m, c - across.sum(1)),
        mmd(r, n, f - 2 * within_fake.sum(1), m - 1, c - across.sum(0)),
    )


def fid_error(real: Rows, fake: Rows, seed: int) -> float:
    return standard_error(
        frechet_without(real, _groups(len(real), seed, GROUPS), moments(fake)),
        frechet_without(fake, _groups(len(fake), seed, GROUPS), moments(real)),
    )


def extrapolation_error(real: Rows, fake: Rows, seed: int) -> float:
    """Of `extrapolated`: images that are left out are missing from the subsets that held them, which stay as they are else."""
    groups_real, groups_fake = (_groups(len(rows), seed, FEW_GROUPS) for rows in (real, fake))
    whole, chosen = moments(real), subsets(len(fake), fake.shape[1], seed)
    # all are (SIZES, FEW_GROUPS)
    within = [[np.flatnonzero(np.isin(rows, group)) for group in groups_fake] for rows in chosen]
    counts = np.array([[len(rows) - len(places) for places in each] for rows, each in zip(chosen, within, strict=True)])
    fewer_fake = np.array([frechet_without(fake[rows], each, whole) for rows, each in zip(chosen, within, strict=True)])
    fewer_real = np.array([frechet_without(real, groups_real, moments(fake[rows])) for rows in chosen])
    return standard_error(
        np.array([intercept([*map(len, chosen)], values) for values in fewer_real.T]),
        np.array([intercept(*pair) for pair in zip(counts.T, fewer_fake.T, strict=True)]),
    )


def inception_error(logits: Rows) -> float:
    """Of exp(H(mean p) - mean H(p)), the score in one split."""
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n, own = len(p), _entropy(p)
    return standard_error(np.exp(_entropy((p.sum(0) - p) / (n - 1)) - (own.sum() - own) / (n - 1)))


class Balls:
    """Around each of n images a ball that reaches to its k-th nearest other one; m points lie in them or not.

    within  (n, n) distances among the images.
    across  (m, n) distances from the points to the images.
    closed  whether the surface belongs to the ball.

    When an image is left out, its ball is gone, and the balls that it bounded reach to the next neighbour.
    """

    def __init__(self, within: Rows, across: Rows, k: int, closed: bool) -> None:
        others = within.copy()
        np.fill_diagonal(others, np.inf)
        order = np.argpartition(others, k, axis=1)[:, : k + 1]
        order = np.take_along_axis(order, np.take_along_axis(others, order, 1).argsort(1), 1)  # nearest first
        reach = np.take_along_axis(others, order, 1)
        compare = np.less_equal if closed else np.less
        self.k, self.inside = k, compare(across, reach[:, k - 1])
        self.grown = compare(across, reach[:, k])  # balls that have lost a neighbour
        bounded = np.zeros(within.shape, np.float32)  # [i, j]: j is one of the k nearest of i
        np.put_along_axis(bounded, order[:, :k], 1, axis=1)
        self.bounds = bounded
        # (m, n): balls around a point when an image is left out
        more = (self.grown & ~self.inside).astype(np.float32) @ bounded
        self.counts = self.inside.sum(1)
        self.counts_without = self.counts[:, None] - self.inside + more

    def share_inside(self) -> float:
        """Of the share of points in any ball: precision, or recall with the sides exchanged."""
        inside = self.counts > 0
        return standard_error(without_each(inside), (self.counts_without > 0).mean(0))

    def density(self) -> float:
        """Of the mean number of balls around a point, divided by k."""
        return standard_error(without_each(self.counts / self.k), self.counts_without.mean(0) / self.k)

    def share_filled(self) -> float:
        """Of the share of balls with a point in them: coverage."""
        points = self.inside.sum(0)
        filled, filled_grown = points > 0, self.grown.any(0)
        n = len(filled)
        gained = (filled_grown.astype(np.float32) - filled) @ self.bounds
        alone = self.inside[:, points == 1].sum(1)  # balls that are empty without this point
        return standard_error((filled.sum() - alone) / n, (filled.sum() - filled + gained) / (n - 1))


def without_each(values: NDArray[np.generic]) -> Rows:
    """Means of (n,) values without each of them."""
    numbers = values.astype(np.float64)
    return np.asarray((numbers.sum() - numbers) / (len(numbers) - 1))


def _groups(length: int, seed: int, count: int) -> list[NDArray[np.int64]]:
    return np.array_split(np.random.default_rng(seed).permutation(length), count)


def _entropy(p: Rows) -> Rows:
    return np.asarray(-(p * np.log(np.maximum(p, 1e-300))).sum(-1))
