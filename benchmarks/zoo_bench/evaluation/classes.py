"""KID class by class: a generator that follows its labels may still draw some of them badly, which the whole set hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation.jackknife import interval, kid_error
from zoo_bench.evaluation.neighbours import mmd, polynomial_kernel
from zoo_bench.evaluation.pixels import Rows
from zoo_bench.evaluation.sets import Sets, Side

FEWEST = 30  # images on each side


@dataclass(frozen=True)
class ClassKid:
    """KID of the images with one value of an attribute, over all pairs of them at once: it has no subsets and no spread.

    low, high  its 95 % interval over images.
    floor      that of the held-out images of the class; None if they are fewer than FEWEST.
    """

    attribute: str
    value: str
    n_real: int
    n_fake: int
    kid: float
    low: float | None
    high: float | None
    floor: float | None


def class_kids(sets: Sets, names: Mapping[str, Sequence[str]]) -> tuple[ClassKid, ...]:
    """In the order of `names` (attribute -> values); classes with fewer than FEWEST real or generated images are left out."""
    return tuple(
        _class_kid(sets, column, attribute, number, value)
        for column, (attribute, values) in enumerate(names.items())
        for number, value in enumerate(values)
        if min(_count(sets.real, column, number), _count(sets.fake, column, number)) >= FEWEST
    )


def kid_of(real: Rows, fake: Rows) -> float:
    """Of (n, d) and (m, d) features: the unbiased MMD with KID's kernel over all images."""
    within = [(kernel := polynomial_kernel(rows, rows)).sum() - np.trace(kernel) for rows in (real, fake)]
    return float(mmd(within[0], len(real), within[1], len(fake), polynomial_kernel(real, fake).sum()))


def _class_kid(sets: Sets, column: int, attribute: str, number: int, value: str) -> ClassKid:
    real, fake = (side.features[_members(side, column, number)] for side in (sets.real, sets.fake))
    held = sets.held_out
    kid = kid_of(real, fake)
    low, high = interval("kid", kid, kid_error(real, fake)) or (None, None)
    enough = held is not None and _count(held, column, number) >= FEWEST
    floor = kid_of(real, held.features[_members(held, column, number)]) if held is not None and enough else None
    return ClassKid(attribute, value, len(real), len(fake), kid, low, high, floor)


def _members(side: Side, column: int, number: int) -> NDArray[np.bool_]:
    return np.asarray(side.labels[:, column] == number)


def _count(side: Side, column: int, number: int) -> int:
    return int(_members(side, column, number).sum())
