"""The Fréchet distance of features as often as subsets and extrapolation ask for it; the score `fid` is torch-fidelity's.

With A and B the centred features of the two sets, divided by the roots of n - 1 and m - 1, the covariances are A'A and B'B, and
the trace of the root of their product is the sum of the singular values of A B' (its nuclear norm). That is exact, needs no
root of a matrix, and is a problem of min(n, d) x min(m, d) numbers. `frechet_without` leaves groups of one set out: their part
is taken from a product of the whole set, and the roots of the eigenvalues of what remains are the singular values.

fid_infinity   Chong & Forsyth 2020, arXiv 1911.07023, section 3: the Fréchet distance over the reciprocal number of generated
               images is nearly a line; its value at 0 is that of endlessly many. The real images stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from zoo_bench.evaluation.pixels import Rows
from zoo_bench.evaluation.sets import Sets
from zoo_core.errors import ZooError
from zoo_core.scores import Score

SIZES = 15  # numbers of images on the line, as in the paper


@dataclass(frozen=True)
class Moments:
    """Mean (d,) of features, and `root` (min(n, d), d) with root' root = their covariance."""

    mean: Rows
    root: Rows


@contextmanager
def _one_thread() -> Iterator[None]:
    """These matrices are too small for more: threads that wait for each other take many times as long on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@_one_thread()
def moments(rows: Rows) -> Moments:
    """Of (n, d) features, n at least 2."""
    mean = rows.mean(0)
    root = torch.from_numpy((rows - mean) / np.sqrt(len(rows) - 1))
    return Moments(mean, (root if len(root) <= root.shape[1] else torch.linalg.qr(root, mode="r")[1]).numpy())


@_one_thread()
def frechet(a: Moments, b: Moments) -> float:
    """Squared Fréchet distance of the two Gaussians (Dowson & Landau 1982)."""
    # torch's linear algebra, since numpy's cannot be kept to one thread
    nuclear = float(torch.linalg.svdvals(torch.from_numpy(a.root) @ torch.from_numpy(b.root).T).sum())
    return float(((a.mean - b.mean) ** 2).sum() + (a.root**2).sum() + (b.root**2).sum() - 2 * nuclear)


@_one_thread()
def frechet_without(rows: Rows, groups: Sequence[NDArray[np.int64]], other: Moments) -> Rows:
    """For each group of numbers of rows, `frechet(moments(rows without the group), other)` but for rounding: (len(groups),).

    A distance costs the eigenvalues of one symmetric matrix of min(n, d) rows.
    """
    middle = rows.mean(0)
    centred, root = torch.from_numpy(rows - middle), torch.from_numpy(other.root)
    found = []
    projected = centred @ root.T  # (n, r)
    wide = len(projected) <= projected.shape[1]
    product = projected @ projected.T if wide else projected.T @ projected
    squares = centred.square().sum(1)
    for group in groups:
        n = len(rows) - len(group)
        mean = -centred[group].sum(0) / n
        if wide:
            kept = np.delete(np.arange(len(rows)), group)
            left = product[kept][:, kept]
            left = left - left.mean(0) - left.mean(1, keepdim=True) + left.mean()
        else:
            without, towards = projected[group], root @ mean
            left = product - without.T @ without - n * torch.outer(towards, towards)
        nuclear = _sum_of_roots(torch.linalg.eigvalsh(left)) / np.sqrt(n - 1)
        spread = (squares.sum() - squares[group].sum() - n * mean.square().sum()) / (n - 1)
        apart = ((middle + mean.numpy() - other.mean) ** 2).sum()
        found.append(float(apart + spread + root.square().sum() - 2 * nuclear))
    return np.array(found)


def fid_infinity(sets: Sets) -> Mapping[str, Score]:
    """The intercept of a line of least squares through the distances of SIZES subsets. Needs two images per feature."""
    fake, (n, width) = sets.fake.features, sets.fake.features.shape
    if n < 2 * width:
        raise ZooError(f"fid_infinity needs {2 * width} generated images and got {n}; type --samples {2 * width}")
    return {"fid_infinity": Score(extrapolated(fake, moments(sets.real.features), sets.seed), "lower")}


def extrapolated(fake: Rows, real: Moments, seed: int) -> float:
    """The distance of endlessly many generated images, from the subsets that `subsets` draws."""
    chosen = subsets(len(fake), fake.shape[1], seed)
    return intercept([*map(len, chosen)], [frechet(moments(fake[rows]), real) for rows in chosen])


def subsets(n: int, width: int, seed: int) -> list[NDArray[np.int64]]:
    """SIZES choices of numbers below n, from a tenth of them, or two per feature if that is more, to all."""
    draw = np.random.default_rng(seed)
    counts = np.linspace(max(n // 10, min(n // 2, 2 * width)), n, SIZES).round().astype(int)
    return [draw.choice(n, count, replace=False) for count in counts]


def intercept(counts: Sequence[int] | NDArray[np.int64], values: Sequence[float] | Rows) -> float:
    """Of the line of least squares through distances of sets of so many images, over the reciprocals of their numbers."""
    return float(np.polyfit(1 / np.array(counts), values, 1)[1])


def _sum_of_roots(eigenvalues: torch.Tensor) -> torch.Tensor:
    """Of those of a positive semidefinite matrix; what rounding leaves of a zero counts as zero, lest its root be large."""
    least = float(eigenvalues.max()) * len(eigenvalues) * np.finfo(np.float64).eps
    return eigenvalues[eigenvalues > least].sqrt().sum()
