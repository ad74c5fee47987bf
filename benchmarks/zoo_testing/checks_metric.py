"""Checks of metrics, on small pictures whose features are fixed projections of their pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_testing.check import Check, checks, expect
from zoo_testing.subject import Subject

SIZE, COUNT = 16, 64


def answers(subject: Subject) -> None:
    """metric(sets) gives a mapping from names to scores with a `value` and `better`, "lower" or "higher"."""
    for name, score in _scores(subject, _sets(_blobs(0), _blobs(1))).items():
        expect(isinstance(name, str) and bool(name), f"a score is called {name!r}")
        value, better = getattr(score, "value", None), getattr(score, "better", None)
        expect(isinstance(value, int | float), f"{name} has the value {value!r}, no number")
        expect(better in ("lower", "higher"), f"{name} says better = {better!r}")


def finite(subject: Subject) -> None:
    """Real images against themselves give finite scores, and differences of 0 or better."""
    real = _blobs(0)
    for name, score in _scores(subject, _sets(real, real)).items():
        expect(math.isfinite(score.value), f"{name} of real images against themselves is {score.value}")


def ranks(subject: Subject) -> None:
    """Degraded copies of the real images never score better than the images themselves, and some score is worse for them."""
    real = _blobs(0)
    best = _scores(subject, _sets(real, real))
    worse = _scores(subject, _sets(real, replace(real, pixels=_degraded(real.pixels))))
    sinking = []
    for name in best.keys() & worse.keys():
        gap = (worse[name].value - best[name].value) * (1 if best[name].better == "lower" else -1)
        expect(
            gap >= -1e-6,
            f"{name}, {best[name].better} is better: real {best[name].value:.4g}, degraded {worse[name].value:.4g}",
        )
        sinking += [name] if gap > 1e-6 else []
    expect(bool(sinking), f"{', '.join(best) or 'nothing'} cannot tell a degraded copy from the images themselves")


def deterministic(subject: Subject) -> None:
    """The same sets and seed give the same scores."""
    first, again = (_scores(subject, _sets(_blobs(0), _blobs(1))) for _ in range(2))
    for name in first.keys() | again.keys():
        a, b = (found[name].value if name in found else None for found in (first, again))
        expect(a == b, f"{name} was {a} and then {b}")


@dataclass(frozen=True)
class _Side:
    """Implements zoo_core.scores.Side."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pixels)

    @cached_property
    def features(self) -> NDArray[np.float64]:
        return _projected(self.pixels, 8, 0)

    @cached_property
    def logits(self) -> NDArray[np.float64]:
        return _projected(self.pixels, 5, 1)

    def take(self, rows: Any) -> _Side:
        chosen = list(rows)
        return _Side(self.pixels[chosen], self.labels[chosen])


@dataclass(frozen=True)
class _Sets:
    """Implements zoo_core.scores.Sets."""

    real: _Side
    fake: _Side
    held_out: _Side | None
    seed: int = 0
    attributes: tuple[str, ...] = ("tone",)


def _sets(real: _Side, fake: _Side) -> _Sets:
    return _Sets(real, fake, _blobs(2, 16))


def _scores(subject: Subject, sets: _Sets) -> Mapping[str, Any]:
    found = subject.target(sets)
    expect(isinstance(found, Mapping) and bool(found), f"it gave {type(found).__name__}, not a mapping with at least one score")
    return dict(found)


def _blobs(seed: int, n: int = COUNT) -> _Side:
    """Discs of a few colours on a bright ground; the label says whether the disc is dark."""
    draw = np.random.default_rng(seed)
    row, column = np.mgrid[:SIZE, :SIZE]
    centre, radius = draw.uniform(5, 10, (n, 2, 1, 1)), draw.uniform(2, 6, (n, 1, 1))
    inside = (row - centre[:, 0]) ** 2 + (column - centre[:, 1]) ** 2 < radius**2
    tone = draw.integers(0, 2, n)
    colour = np.where(tone[:, None], (40, 60, 160), (220, 120, 40)) + draw.integers(-20, 20, (n, 3))
    pixels = np.where(inside[..., None], colour[:, None, None], (240, 240, 240)).clip(0, 255).astype(np.uint8)
    return _Side(pixels, tone[:, None].astype(np.int64))


def _degraded(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the contrast, and noise over it."""
    noise = np.random.default_rng(3).normal(0, 50, pixels.shape)
    faded = (pixels / 2 + 20 + noise).clip(0, 255)
    return faded.astype(np.uint8)


def _projected(pixels: NDArray[np.uint8], size: int, seed: int) -> NDArray[np.float64]:
    flat = pixels.reshape(len(pixels), -1) / 127.5 - 1
    found: NDArray[np.float64] = flat @ np.random.default_rng(seed).normal(0, flat.shape[1] ** -0.5, (flat.shape[1], size))
    return found


READ = "zoo_core/scores.py; docs/reference/interfaces.md"
CHECKS: tuple[Check, ...] = checks("metric", "metric", READ, answers, finite, ranks, deterministic)
