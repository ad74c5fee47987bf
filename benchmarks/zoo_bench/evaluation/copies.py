"""Did the generator memorise? Every distance between distributions calls pure copying perfect, so this is asked apart.

copies, copies_pixels   share of generated images nearer to a training image, mirrored or not, than all but 5 % of the held-out
                        images are; 0.05 is what a generator that does not copy would get. Near is relative, since plain
                        images lie close together without being copies, and blurred ones close to all: see `Nearest`. In
                        features, and in pixels, where small shifts count as well.
ct                      data-copying test C_T of Meehan, Chaudhuri & Dasgupta 2020, arXiv 2004.05675, section 4: the training
                        images are divided into cells; in each, the distances of generated images to their nearest training
                        image are ranked among those of held-out images (Mann-Whitney), as a z-score; the mean over cells,
                        weighted by held-out images. Far below 0 (-3): copies. Far above: further off than real images are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation.nearest import Nearest
from zoo_bench.evaluation.pixels import Rows
from zoo_bench.evaluation.sets import Sets
from zoo_core.errors import ZooError
from zoo_core.scores import Score

QUANTILE = 0.05
PER_CELL = 20  # held-out images, and generated ones, that a cell must have on average
MOST_CELLS = 10
PAIRS = 24  # shown of a report


@dataclass(frozen=True)
class Pair:
    """A generated image and the training images nearest to it, by number; distances relative as in `Nearest`."""

    sample: int
    in_pixels: int
    in_features: int
    pixels: float
    features: float


def copies(sets: Sets) -> Mapping[str, Score]:
    held = _held_out(sets, "copies")
    usual = {
        "copies": (held.nearest_in_features, sets.nearest_in_features),
        "copies_pixels": (held.nearest_in_pixels, sets.nearest_in_pixels),
    }
    return {name: Score(_share_nearer(fake, real), "lower") for name, (real, fake) in usual.items()}


def copying_test(sets: Sets) -> Mapping[str, Score]:
    parts = cell_distances(sets)
    scores = [mann_whitney(judged, usual) for judged, usual in parts]
    return {"ct": Score(float(np.average(scores, weights=[len(usual) for _, usual in parts])), "higher")}


def cell_distances(sets: Sets) -> list[tuple[Rows, Rows]]:
    """For each cell that has both: the distances of generated and of held-out images to their nearest training images."""
    held = _held_out(sets, "ct")
    fake, other = sets.nearest_in_features, held.nearest_in_features
    count = max(1, min(MOST_CELLS, min(len(sets.fake), len(held.fake)) // PER_CELL))
    centres = cells(sets.real.features, count, sets.seed)
    of_fake, of_other = (_cell_of(side.features, centres) for side in (sets.fake, held.fake))
    parts = [(fake.distance[of_fake == cell], other.distance[of_other == cell]) for cell in range(len(centres))]
    return [(judged, usual) for judged, usual in parts if len(judged) and len(usual)]


def closest_pairs(sets: Sets) -> tuple[Pair, ...]:
    """The generated images nearest to a training image, in pixels or in features, nearest first. None for one real image."""
    if len(sets.real) < 2:
        return ()
    pixels, features = sets.nearest_in_pixels, sets.nearest_in_features
    order = np.argsort(np.minimum(pixels.relative, features.relative), kind="stable")[:PAIRS]
    return tuple(
        Pair(i, int(pixels.index[i]), int(features.index[i]), float(pixels.relative[i]), float(features.relative[i]))
        for i in order.tolist()
    )


def mann_whitney(judged: Rows, usual: Rows) -> float:
    """How often values of (m,) `judged` exceed those of (n,) `usual`, ties half, as a z-score: 0 for equal distributions."""
    return as_z_score(float(exceeded(judged, usual).mean()), len(judged), len(usual))


def exceeded(values: Rows, others: Rows) -> Rows:
    """For each of `values` the share of `others` that it exceeds, ties half."""
    ordered = np.sort(others)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / (2 * len(others))


def as_z_score(share: float, m: int, n: int) -> float:
    """The mean of `exceeded` of m and n values, less 1/2, in standard deviations that it has for equal distributions."""
    return float((share - 0.5) * np.sqrt(12 * m * n / (m + n + 1)))


def cells(rows: Rows, count: int, seed: int, rounds: int = 20) -> Rows:
    """Centres (count, d) of `rows` by k-means (Lloyd 1982), begun at rows drawn at random."""
    centres = rows[np.random.default_rng(seed).choice(len(rows), min(count, len(rows)), replace=False)]
    for _ in range(rounds):
        nearest = _cell_of(rows, centres)
        present = np.unique(nearest)
        moved = np.stack([rows[nearest == cell].mean(0) for cell in present])
        if moved.shape == centres.shape and np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def _cell_of(rows: Rows, centres: Rows) -> NDArray[np.int64]:
    return np.asarray((-2 * rows @ centres.T + (centres**2).sum(1)).argmin(1), np.int64)


def _share_nearer(fake: Nearest, real: Nearest) -> float:
    return float((fake.relative < np.quantile(real.relative, QUANTILE)).mean())


def _held_out(sets: Sets, name: str) -> Sets:
    if len(sets.real) < 2:
        raise ZooError(f"{name} needs at least 2 training images")
    if sets.floor is None:
        raise ZooError(f"{name} needs held-out images to compare with")
    return sets.floor
