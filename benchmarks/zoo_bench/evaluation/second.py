"""A second judge: what another extractor says of the same sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from zoo_bench.evaluation import fidelity
from zoo_bench.evaluation.identity import Identity, versions
from zoo_bench.evaluation.measure import Measured, controls_of, measure
from zoo_bench.evaluation.pixels import digest
from zoo_bench.evaluation.sets import Metric, Sets, Side
from zoo_bench.evaluation.stopwatch import Stopwatch

SECOND = ("kid", "kid_p", "precision_recall", "density_coverage", "diversity")  # what a second judge measures
MOST = 400  # images of a set that a second judge looks at


@dataclass(frozen=True)
class Opinion:
    """The scores of one judge."""

    identity: Identity
    scores: tuple[Measured, ...]

    def to_json(self) -> dict[str, Any]:
        return {"evaluator": self.identity.to_json(), "scores": [measured.to_json(self.identity) for measured in self.scores]}


def second_opinion(
    sets: Sets, background: tuple[int, int, int], metrics: Mapping[str, Metric], clock: Stopwatch, warnings: list[str]
) -> Opinion:
    """What a judge says of at most `MOST` images of each set: its network may be large."""
    name = sets.fake.table.extractor.name
    held = _few(sets.held_out) if sets.held_out else None
    few = replace(sets, real=_few(sets.real), fake=_few(sets.fake), held_out=held)
    controls = replace(controls_of(few), blurred=None)
    with clock.part(f"features of {name}"):
        for side in filter(None, (few.real, held)):
            side.table.remember(side.pixels)
        few.fake.table.of(few.fake.pixels)
    own = Stopwatch()
    scores = [each for key, metric in metrics.items() for each in measure(key, metric, few, controls, own, warnings)]
    clock.seconds[f"scores by {name}"] = sum(own.seconds.values())
    return Opinion(identity_of(few, background), tuple(scores))


def _few(side: Side) -> Side:
    """At most `MOST` of the images, evenly taken."""
    return side.take(np.unique(np.linspace(0, len(side) - 1, min(MOST, len(side))).round().astype(int)))


def identity_of(sets: Sets, background: tuple[int, int, int]) -> Identity:
    """What the scores of these sets are measured with."""
    extractor, n_real, n_fake = sets.fake.table.extractor, len(sets.real), len(sets.fake)
    held = sets.held_out.pixels if sets.held_out else sets.real.pixels[:0]
    return Identity(
        extractor=extractor.name,
        weights_sha256=extractor.weights_sha256,
        layer=extractor.layer,
        resize=extractor.resize,
        background=cast(tuple[int, int, int], tuple(int(value) for value in background)),
        n_real=n_real,
        n_fake=n_fake,
        n_held_out=len(held),
        size=int(sets.real.pixels.shape[1]),
        split="train",
        seed=sets.seed,
        kid_subset_size=fidelity.kid_subset_size(n_real, n_fake),
        is_splits=fidelity.inception_splits(n_fake),
        reference_sha256=digest(sets.real.pixels, held),
        versions=versions(),
        instead_of=extractor.instead_of,
    )
