"""The 95 % interval of each score that has one.

kid, fid, fid_infinity, is, precision, recall, density, coverage, diversity   the jackknife over all images: see `jackknife`.
ct                       see `copying_interval`; the training images, so the cells and the nearest ones, are given.
copies, copies_pixels    shares of images beyond a quantile of others: see `share_below`; the training images are given.
accuracy_*               a share of the generated images; the classifier, like the extractor, is part of the instrument.
                         Its control, with shuffled labels, has none: it is a mean over all ways to shuffle.

kid_p has none: a p-value is a statement about these images, and the number of permutations is the only uncertainty in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from zoo_bench.evaluation.copies import QUANTILE, as_z_score, cell_distances, exceeded
from zoo_bench.evaluation.jackknife import FEWEST, STANDARD_ERRORS, WIDTH, interval, standard_error, without_each
from zoo_bench.evaluation.pixels import Rows
from zoo_bench.evaluation.sets import Sets, Side

Interval = tuple[float, float]
ENOUGH = 10  # images on each side of a cell for a variance of its own
COUNTED: Mapping[str, Callable[[Sets], Side]] = {  # shares of the images of a side; the jackknife has no width at 0 and 1
    "precision": lambda sets: sets.fake,
    "recall": lambda sets: sets.real,
    "coverage": lambda sets: sets.real,
}
Values = Mapping[str, float]  # of the scores of a metric, by name


def intervals(metric: str, sets: Sets, values: Values) -> Mapping[str, Interval | None]:
    """Of the scores that a metric gave for these sets, those that have one; of a plugin's metric none has."""
    if metric in STANDARD_ERRORS:
        errors = STANDARD_ERRORS[metric](sets) if min(len(sets.real), len(sets.fake)) >= FEWEST else {}
        shares = {
            name: wilson(value, len(COUNTED[name](sets)))
            for name, value in values.items()
            if errors.get(name) == 0 and name in COUNTED
        }
        return {name: interval(name, value, errors.get(name)) for name, value in values.items()} | shares
    return OTHERS[metric](sets, values) if metric in OTHERS else {}


def wilson(share: float, count: float) -> Interval:
    """Of a share of `count` independent images, or of as many as have its variance, within [0, 1] (Wilson 1927, JASA 22).

    At 0 and 1 it has a width, too.
    """
    room = WIDTH**2 / count
    middle = (share + room / 2) / (1 + room)
    half = WIDTH / (1 + room) * np.sqrt(share * (1 - share) / count + room / (4 * count))
    return float(max(0.0, min(share, middle - half))), float(min(1.0, max(share, middle + half)))


def share_below(judged: Rows, usual: Rows, quantile: float) -> Interval:
    """Of the share of `judged` (m,) below that quantile of `usual` (n,): both are drawn, and the quantile moves with `usual`.

    Wilson's interval with the quantile as it is, and the shares at the ends of the quantile's own interval (Woodruff 1952, JASA
    47: the order statistics of `usual` that Wilson's interval of `quantile` names; its lower end is open where `usual` is too
    small to have one) are joined by square-and-add (Newcombe 1998, Statistics in Medicine 17, method 10). A jackknife does not
    hold for quantiles.
    """

    def share(level: float) -> float:
        below = level * (len(usual) + 1) < 1  # no value of `usual` is expected so low
        return 0.0 if below else float((judged < np.quantile(usual, level, method="weibull")).mean())

    value = float((judged < np.quantile(usual, quantile)).mean())
    (low, high), (lowest, highest) = wilson(value, len(judged)), map(share, wilson(quantile, len(usual)))
    return (
        float(max(0.0, value - np.hypot(value - low, value - lowest))),
        float(min(1.0, value + np.hypot(high - value, highest - value))),
    )


def copying_interval(parts: Sequence[tuple[Rows, Rows]]) -> Interval:
    """Of `ct`, from what `cell_distances` gives.

    In each cell Wilson's interval for how often judged values exceed usual ones, of as many images as have the variance that
    the jackknife finds, which leaves out values on both sides. There are no fewer than on the smaller side (Birnbaum & Klose
    1957, Annals of Mathematical Statistics 28), and so many where that has less than ENOUGH or all of one side are beyond the
    other. The cells are joined by square-and-add.
    """
    ends = []
    for judged, usual in parts:
        least, shares = min(len(judged), len(usual)), (exceeded(judged, usual), exceeded(usual, judged))
        share, error = float(shares[0].mean()), standard_error(*map(without_each, shares)) if least >= ENOUGH else 0.0
        low, high = wilson(share, max(least, share * (1 - share) / error**2) if error > 0 else least)
        ends.append([as_z_score(each, len(judged), len(usual)) for each in (low, share, high)])
    lows, values, highs = np.array(ends).T
    weights = np.array([len(usual) for _, usual in parts]) / sum(len(usual) for _, usual in parts)
    value = float(weights @ values)
    return value - float(np.linalg.norm(weights * (values - lows))), value + float(np.linalg.norm(weights * (highs - values)))


def _copies(sets: Sets, values: Values) -> Mapping[str, Interval]:
    held = sets.floor
    assert held is not None  # without it there is no value
    pairs = {
        "copies": (sets.nearest_in_features, held.nearest_in_features),
        "copies_pixels": (sets.nearest_in_pixels, held.nearest_in_pixels),
    }
    return {name: share_below(fake.relative, real.relative, QUANTILE) for name, (fake, real) in pairs.items() if name in values}


def _copying_test(sets: Sets, values: Values) -> Mapping[str, Interval]:
    return {name: copying_interval(cell_distances(sets)) for name in values}


def _label_accuracy(sets: Sets, values: Values) -> Mapping[str, Interval]:
    asked = dict(zip((f"accuracy_{name}" for name in sets.attributes), (sets.fake.labels >= 0).sum(0).tolist(), strict=True))
    return {name: wilson(value, asked[name]) for name, value in values.items() if name in asked}


OTHERS: Mapping[str, Callable[[Sets, Values], Mapping[str, Interval]]] = {
    "copies": _copies,
    "ct": _copying_test,
    "label_accuracy": _label_accuracy,
}
