"""Ask a metric about generated images, and about the held-out ones that say what its answer is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zoo_bench.evaluation.blur import blurred
from zoo_bench.evaluation.identity import Identity
from zoo_bench.evaluation.intervals import Interval, intervals
from zoo_bench.evaluation.sets import Metric, Sets
from zoo_bench.evaluation.stopwatch import Stopwatch
from zoo_core.errors import ZooError
from zoo_core.scores import Score

BLURRED = ("kid", "fid", "precision_recall", "density_coverage")  # what blur is sure to make worse
WITHOUT_FLOOR = ("fid_infinity", "ct")  # the one asks for many images, the other compares with held-out ones itself


@dataclass(frozen=True)
class Measured:
    """A score beside what held-out real images get in its place.

    floor       the same score of the held-out images; None without them.
    at_floor_n  the score of as many generated images as there are held-out ones, drawn at random: FID, recall and coverage
                depend on the number of images, so this is what the floor compares with. None if there are not more.
    interval    low and high end of its 95 % interval over images; None if it has none.
    blurred     the same score of the held-out images after a blur, see `blur`; None without them, and where it says nothing.
    """

    name: str
    score: Score
    floor: float | None = None
    at_floor_n: float | None = None
    interval: Interval | None = None
    blurred: float | None = None

    def to_json(self, identity: Identity) -> dict[str, Any]:
        """Plain values; `identity` is what it was measured with."""
        low, high = self.interval or (None, None)
        return {
            "name": self.name,
            "value": self.score.value,
            "spread": self.score.spread,
            "low": low,
            "high": high,
            "floor": self.floor,
            "at_floor_n": self.at_floor_n,
            "blurred": self.blurred,
            "better": self.score.better,
            "id": f"{self.name}-{identity.id}",
        }


@dataclass(frozen=True)
class Controls:
    """What a metric is asked about besides: as `Measured` says. None where there are too few images."""

    floor: Sets | None
    at_floor_n: Sets | None
    blurred: Sets | None


def controls_of(sets: Sets) -> Controls:
    held = sets.held_out
    if held is None:
        return Controls(None, None, None)
    few = None
    if len(sets.fake) > len(held):
        chosen = np.random.default_rng(sets.seed).choice(len(sets.fake), len(held), replace=False)
        few = replace(sets, fake=sets.fake.take(np.sort(chosen)))
    return Controls(sets.floor, few, replace(sets, fake=replace(held, pixels=blurred(held.pixels))))


def measure(name: str, metric: Metric, sets: Sets, controls: Controls, clock: Stopwatch, warnings: list[str]) -> list[Measured]:
    """The scores of one metric. What goes wrong is added to `warnings`, and leaves no hole in other metrics."""
    with clock.part(name):
        scores = _ask(name, metric, sets, warnings)
        floors = _ask(f"floor of {name}", metric, controls.floor, warnings) if scores and name not in WITHOUT_FLOOR else {}
        small = _ask(f"{name} at the floor's n", metric, controls.at_floor_n, []) if floors else {}
        bad = _ask(f"{name} of blurred images", metric, controls.blurred, []) if floors and name in BLURRED else {}
    if not scores:
        return []
    with clock.part(f"interval of {name}"):
        between = intervals(name, sets, {key: score.value for key, score in scores.items()})

    def value(answers: Mapping[str, Score], key: str) -> float | None:
        return answers[key].value if key in answers else None

    return [
        Measured(key, score, value(floors, key), value(small, key), between.get(key), value(bad, key))
        for key, score in scores.items()
    ]


def _ask(name: str, metric: Metric, sets: Sets | None, warnings: list[str]) -> dict[str, Score]:
    """What the metric answers, without numbers that are not finite; what went wrong becomes a warning. {} without sets."""
    if sets is None:
        return {}
    try:
        scores = dict(metric(sets))
    except ZooError as error:
        warnings.append(f"{name} left out: {error}")
        return {}
    except Exception as error:  # a metric may come from any plugin; the others are worth having
        cause = (str(error).splitlines() or [""])[0]
        warnings.append(f"{name} failed: {type(error).__name__}: {cause}")
        return {}
    warnings += [f"{key} left out: it is {score.value}" for key, score in scores.items() if not math.isfinite(score.value)]
    return {key: score for key, score in scores.items() if math.isfinite(score.value)}
