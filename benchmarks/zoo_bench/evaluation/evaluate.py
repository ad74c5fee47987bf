"""Score generated images against a dataset: arrays in, a report out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation import fidelity
from zoo_bench.evaluation.agreement import label_accuracy
from zoo_bench.evaluation.blur import blurred
from zoo_bench.evaluation.classes import ClassKid, class_kids
from zoo_bench.evaluation.copies import Pair, closest_pairs, copies, copying_test
from zoo_bench.evaluation.extractor import check_torch_fidelity
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.frechet import fid_infinity
from zoo_bench.evaluation.identity import Identity, versions
from zoo_bench.evaluation.intervals import intervals
from zoo_bench.evaluation.neighbours import density_coverage, diversity, permutation_test
from zoo_bench.evaluation.pixels import Pixels, digest, opaque
from zoo_bench.evaluation.sets import Features, Metric, Sets, Side
from zoo_bench.evaluation.statistics import statistics
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.scores import Score

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
    interval: tuple[float, float] | None = None
    blurred: float | None = None


@dataclass(frozen=True)
class Report:
    """What `evaluate` found."""

    identity: Identity
    scores: tuple[Measured, ...]
    statistics: Mapping[str, Mapping[str, float | None]]
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]
    dataset: Mapping[str, str] = field(default_factory=dict)
    closest: tuple[Pair, ...] = ()
    classes: tuple[ClassKid, ...] = ()

    def __getitem__(self, name: str) -> Measured:
        """The score of that name. Raises KeyError if it could not be measured."""
        for measured in self.scores:
            if measured.name == name:
                return measured
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Plain values. Everything but `seconds` is the same on every run on the same input."""
        scores = [
            {
                "name": measured.name,
                "value": measured.score.value,
                "spread": measured.score.spread,
                "low": measured.interval and measured.interval[0],
                "high": measured.interval and measured.interval[1],
                "floor": measured.floor,
                "at_floor_n": measured.at_floor_n,
                "blurred": measured.blurred,
                "better": measured.score.better,
                "id": f"{measured.name}-{self.identity.id}",
            }
            for measured in self.scores
        ]
        return {
            "format": 1,
            "evaluator": self.identity.to_json(),
            "scores": scores,
            "statistics": {side: dict(values) for side, values in self.statistics.items()},
            "warnings": list(self.warnings),
            "seconds": dict(self.seconds),
            "dataset": dict(self.dataset),
            "closest": [asdict(pair) for pair in self.closest],
            "classes": [asdict(found) for found in self.classes],
        }


def evaluate(
    real: Images,
    fakes: Pixels,
    *,
    extractor: str = "sprites",
    weights: Path | None = None,
    background: tuple[int, int, int] = (255, 255, 255),
    seed: int = 0,
    fake_labels: NDArray[np.int64] | None = None,
    name: str = "",
    metrics: Mapping[str, Metric] = METRICS,
    device: str = "cpu",
) -> Report:
    """Score `fakes` (N, H, W, 1|3|4) uint8 against the training split of `real`; the held-out split gives the floor.

    extractor    a name that `open_extractor` knows; `weights` is a file to read instead of the shipped or downloaded one.
    background   what transparent pixels are composited on, in both sets, before anything is measured.
    fake_labels  (N, L) int64, what the fakes were asked to show: columns as in `real`, -1 for nothing.
    name         of the dataset, for the report.
    metrics      what to measure, by name; a metric that fails leaves a warning, not a hole in the others.
    Raises ZooError for sets that cannot be compared, and for an extractor that cannot be opened.
    """
    train = opaque(real.pixels[~real.held_out], background)
    held = opaque(real.pixels[real.held_out], background)
    fake = opaque(fakes, background)
    if not len(train) or not len(fake):
        raise ZooError(f"nothing to compare: {len(train)} training images, {len(fake)} generated ones; type --samples 1000")
    if train.shape[1:] != fake.shape[1:]:
        raise ZooError(
            f"real images are {train.shape[1]} pixels high, generated ones {fake.shape[1]}; type --size {fake.shape[1]}"
        )
    columns = real.labels.shape[1]
    labels = np.full((len(fake), columns), -1, np.int64) if fake_labels is None else fake_labels
    if labels.shape != (len(fake), columns):
        raise ZooError(f"fake_labels are {labels.shape}; as in the dataset they must be {(len(fake), columns)}")

    check_torch_fidelity()
    opened, fallback = open_extractor(extractor, weights, device)
    warnings = list(fallback)
    table = Features(opened)
    held_side = Side(held, real.labels[real.held_out], table) if len(held) else None
    blurred_side = replace(held_side, pixels=blurred(held)) if held_side else None
    attributes = tuple(real.space.labels)
    sets = Sets(Side(train, real.labels[~real.held_out], table), Side(fake, labels, table), held_side, seed, attributes)
    identity = Identity(
        extractor=opened.name,
        weights_sha256=opened.weights_sha256,
        layer=opened.layer,
        resize=opened.resize,
        background=cast(tuple[int, int, int], tuple(int(value) for value in background)),
        n_real=len(train),
        n_fake=len(fake),
        n_held_out=len(held),
        size=int(train.shape[1]),
        split="train",
        seed=seed,
        kid_subset_size=fidelity.kid_subset_size(len(train), len(fake)),
        is_splits=fidelity.inception_splits(len(fake)),
        reference_sha256=digest(train, held),
        versions=versions(),
        instead_of=opened.instead_of,
    )

    seconds = {}
    start = time.perf_counter()
    for side in filter(None, (sets.real, sets.real.mirrored(), held_side, blurred_side)):
        table.remember(side.pixels)
    width = max(side.features.shape[1] for side in (sets.real, sets.fake, held_side) if side is not None)
    seconds["features"] = time.perf_counter() - start
    small_sets = _at_floor_n(sets)
    blurred_sets = replace(sets, fake=blurred_side) if blurred_side else None
    scores: list[Measured] = []
    for metric_name, metric in metrics.items():
        start = time.perf_counter()
        found = _ask(metric_name, metric, sets, warnings)
        floor_sets = None if metric_name in WITHOUT_FLOOR or not found else sets.floor
        floors = _ask(f"floor of {metric_name}", metric, floor_sets, warnings)
        small = _ask(f"{metric_name} at the floor's n", metric, small_sets if floors else None, [])
        bad = _ask(f"{metric_name} of blurred images", metric, blurred_sets if floors and metric_name in BLURRED else None, [])
        seconds[metric_name] = time.perf_counter() - start
        start = time.perf_counter()
        between = intervals(metric_name, sets, {key: score.value for key, score in found.items()}) if found else {}
        for key, score in found.items():
            floor, at_floor_n, of_blurred = (each[key].value if key in each else None for each in (floors, small, bad))
            scores.append(Measured(key, score, floor, at_floor_n, between.get(key), of_blurred))
        if between:
            seconds[f"interval of {metric_name}"] = time.perf_counter() - start
    warnings += _cautions(sets, width)
    start = time.perf_counter()
    trained_on = real.pixels[~real.held_out]
    facts = {"real": statistics(trained_on, background), "fake": statistics(fakes, background, trained_on)}
    seconds["statistics"] = time.perf_counter() - start
    start = time.perf_counter()
    closest = closest_pairs(sets)
    seconds["closest"] = time.perf_counter() - start
    start = time.perf_counter()
    classes = class_kids(sets, real.space.labels)
    seconds["classes"] = time.perf_counter() - start
    dataset = {"sha256": real.sha256, "name": name, "note": real.note}
    return Report(identity, tuple(scores), facts, tuple(warnings), seconds, dataset, closest, classes)


def _at_floor_n(sets: Sets) -> Sets | None:
    """As many generated images as there are held-out ones, drawn at random; None if there are not more."""
    held = sets.held_out
    if held is None or len(sets.fake) <= len(held):
        return None
    chosen = np.random.default_rng(sets.seed).choice(len(sets.fake), len(held), replace=False)
    return replace(sets, fake=sets.fake.take(np.sort(chosen)))


def _ask(name: str, metric: Metric, sets: Sets | None, warnings: list[str]) -> dict[str, Score]:
    """What the metric answers, without numbers that are not finite; what went wrong becomes a warning. {} without sets."""
    if sets is None:
        return {}
    try:
        found = dict(metric(sets))
    except ZooError as error:
        warnings.append(f"{name} left out: {error}")
        return {}
    except Exception as error:  # a metric may come from any plugin; the others are worth having
        cause = (str(error).splitlines() or [""])[0]
        warnings.append(f"{name} failed: {type(error).__name__}: {cause}")
        return {}
    warnings += [f"{key} left out: it is {score.value}" for key, score in found.items() if not math.isfinite(score.value)]
    return {key: score for key, score in found.items() if math.isfinite(score.value)}


def _cautions(sets: Sets, width: int) -> list[str]:
    """What a reader of the numbers must know about the numbers of images."""
    found = []
    if sets.held_out is None:
        found.append("no held-out images, so no floor: a score cannot be told from the best that real images reach")
    elif len(sets.held_out) < len(sets.fake):
        found.append(f"the floor is of {len(sets.held_out)} images: compare it with at_floor_n where their number matters")
    n = min(len(sets.real), len(sets.fake))
    if n <= width:
        found.append(f"fid of {n} images with {width} features is far from its limit: compare only scores with the same id")
    return found
