"""Score generated images against a dataset: arrays in, scores out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation import fidelity
from zoo_bench.evaluation.agreement import label_accuracy
from zoo_bench.evaluation.classes import ClassKid, class_kids
from zoo_bench.evaluation.copies import Pair, closest_pairs, copies, copying_test
from zoo_bench.evaluation.extractor import Extractor, check_torch_fidelity
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.frechet import fid_infinity
from zoo_bench.evaluation.identity import Identity
from zoo_bench.evaluation.measure import Controls, Measured, controls_of, measure
from zoo_bench.evaluation.neighbours import density_coverage, diversity, permutation_test
from zoo_bench.evaluation.pixels import Pixels, opaque
from zoo_bench.evaluation.second import SECOND, Opinion, identity_of, second_opinion
from zoo_bench.evaluation.sets import Features, Metric, Sets, Side
from zoo_bench.evaluation.statistics import statistics
from zoo_bench.evaluation.stopwatch import Stopwatch
from zoo_core.errors import ZooError
from zoo_core.images import Images

Colour = tuple[int, int, int]

METRICS: Mapping[str, Metric] = {
    "kid": fidelity.kid,
    "kid_p": permutation_test,
    "fid": fidelity.fid,
    "fid_infinity": fid_infinity,
    "is": fidelity.inception_score,
    "precision_recall": fidelity.precision_recall,
    "density_coverage": density_coverage,
    "diversity": diversity,
    "copies": copies,
    "ct": copying_test,
    "label_accuracy": label_accuracy,
}


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found. `second` are the scores of another judge; None without one."""

    identity: Identity
    scores: tuple[Measured, ...]
    statistics: Mapping[str, Mapping[str, float | None]]
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]
    dataset: Mapping[str, str] = field(default_factory=dict)
    closest: tuple[Pair, ...] = ()
    classes: tuple[ClassKid, ...] = ()
    second: Opinion | None = None

    def __getitem__(self, name: str) -> Measured:
        """The score of that name. Raises KeyError if it could not be measured."""
        for measured in self.scores:
            if measured.name == name:
                return measured
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Plain values. Everything but `seconds` is the same on every run on the same input."""
        return {
            "format": 1,
            "evaluator": self.identity.to_json(),
            "scores": [measured.to_json(self.identity) for measured in self.scores],
            **({"second": self.second.to_json()} if self.second else {}),
            "statistics": {side: dict(values) for side, values in self.statistics.items()},
            "warnings": list(self.warnings),
            "seconds": dict(self.seconds),
            "dataset": dict(self.dataset),
            "closest": [asdict(pair) for pair in self.closest],
            "classes": [asdict(of_class) for of_class in self.classes],
        }


def evaluate(
    real: Images,
    fakes: Pixels,
    *,
    extractor: Extractor | str = "sprites",
    background: Colour = (255, 255, 255),
    seed: int = 0,
    fake_labels: NDArray[np.int64] | None = None,
    name: str = "",
    metrics: Mapping[str, Metric] = METRICS,
) -> Evaluation:
    """Score `fakes` (N, H, W, 1|3|4) uint8 against the training split of `real`; the held-out split gives the floor.

    extractor    what `open_extractor` gives, or a name that it knows.
    background   what transparent pixels are composited on, in both sets, before anything is measured.
    fake_labels  (N, L) int64, what the fakes were asked to show: columns as in `real`, -1 for nothing.
    name         of the dataset, for the report.
    metrics      what to measure, by name; a metric that fails leaves a warning, not a hole in the others.
    Raises ZooError for sets that cannot be compared, and for an extractor that cannot be opened.
    """
    sets = _compared(real, fakes, fake_labels, background, extractor, seed)
    controls, clock = controls_of(sets), Stopwatch()
    with clock.part("features"):
        width = _extract(sets, controls)
    warnings = list(sets.fake.table.extractor.warnings)
    scores = [each for key, metric in metrics.items() for each in measure(key, metric, sets, controls, clock, warnings)]
    with clock.part("statistics"):
        trained_on = real.pixels[~real.held_out]
        facts = {"real": statistics(trained_on, background), "fake": statistics(fakes, background, trained_on)}
    with clock.part("closest"):
        closest = closest_pairs(sets)
    with clock.part("classes"):
        classes = class_kids(sets, real.space.labels)
    dataset = {"sha256": real.sha256, "name": name, "note": real.note}
    warnings += _cautions(sets, width)
    identity = identity_of(sets, background)
    return Evaluation(identity, tuple(scores), facts, tuple(warnings), clock.seconds, dataset, closest, classes)


def _compared(
    real: Images,
    fakes: Pixels,
    fake_labels: NDArray[np.int64] | None,
    background: Colour,
    extractor: Extractor | str,
    seed: int,
) -> Sets:
    """The sets without alpha, seen by one extractor."""
    train = opaque(real.pixels[~real.held_out], background)
    held = opaque(real.pixels[real.held_out], background)
    fake = opaque(fakes, background)
    if not len(train) or not len(fake):
        raise ZooError(f"nothing to compare: {len(train)} training images, {len(fake)} generated ones; type --samples 1000")
    if train.shape[1:] != fake.shape[1:]:
        raise ZooError(
            f"real images are {train.shape[1]} pixels high, generated ones {fake.shape[1]}; type --size {fake.shape[1]}"
        )
    labels = _labels(real, len(fake), fake_labels)
    check_torch_fidelity()
    table = Features(open_extractor(extractor) if isinstance(extractor, str) else extractor)
    held_out = Side(held, real.labels[real.held_out], table) if len(held) else None
    trained_on = Side(train, real.labels[~real.held_out], table)
    return Sets(trained_on, Side(fake, labels, table), held_out, seed, tuple(real.space.labels))


def _labels(real: Images, count: int, fake_labels: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """What the generated images were asked to show, in the columns of the dataset; -1 where nobody says."""
    shape = (count, real.labels.shape[1])
    labels = np.full(shape, -1, np.int64) if fake_labels is None else fake_labels
    if labels.shape != shape:
        raise ZooError(f"fake_labels are {labels.shape}; as in the dataset they must be {shape}")
    return labels


def _extract(sets: Sets, controls: Controls) -> int:
    """Have the features of all sets ready, and say how many there are of an image."""
    blurred = controls.blurred.fake if controls.blurred else None
    for side in filter(None, (sets.real, sets.real.mirrored(), sets.held_out, blurred)):
        side.table.remember(side.pixels)
    sides = filter(None, (sets.real, sets.fake, sets.held_out))
    return max(int(side.features.shape[1]) for side in sides)


def with_second(
    evaluation: Evaluation,
    judge: Extractor,
    real: Images,
    fakes: Pixels,
    background: Colour = (255, 255, 255),
) -> Evaluation:
    """The evaluation of these sets, with what another judge says of them. One that could not be had leaves a warning."""
    if judge.instead_of:
        why = [f"no second judge: {warning.replace(', used sprites', '')}" for warning in judge.warnings]
        return replace(evaluation, warnings=(*evaluation.warnings, *why))
    if judge.name == evaluation.identity.extractor:
        return evaluation
    sets = _compared(real, fakes, None, background, judge, evaluation.identity.seed)
    clock, warnings = Stopwatch(), list(evaluation.warnings)
    second = second_opinion(sets, background, {name: METRICS[name] for name in SECOND}, clock, warnings)
    return replace(evaluation, second=second, warnings=tuple(warnings), seconds={**evaluation.seconds, **clock.seconds})


def _cautions(sets: Sets, width: int) -> list[str]:
    """What a reader of the numbers must know about the numbers of images."""
    cautions = []
    if sets.held_out is None:
        cautions.append("no held-out images, so no floor: a score cannot be told from the best that real images reach")
    elif len(sets.held_out) < len(sets.fake):
        cautions.append(f"the floor is of {len(sets.held_out)} images: compare it with at_floor_n where their number matters")
    n = min(len(sets.real), len(sets.fake))
    if n <= width:
        cautions.append(f"fid of {n} images with {width} features is far from its limit: compare only scores with the same id")
    return cautions
