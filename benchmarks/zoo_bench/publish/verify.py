"""Does a published model still score what its card and its report say?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_bench import words as text
from zoo_bench.evaluation.extractor import PREFIX
from zoo_bench.evaluation.score import Scoring, score_model
from zoo_bench.progress import TrainingProgress
from zoo_bench.publish.card import claims
from zoo_bench.publish.images import scored_images
from zoo_bench.records.source import CARD, ENCODER, RECIPE, REPORT, open_source
from zoo_core.errors import RunFailure, ZooError
from zoo_core.model.bundle import load_bundle
from zoo_core.registry.catalog import Catalog
from zoo_core.registry.names import one_line
from zoo_train.encoder import load_encoder

MOST_SAMPLES = 200_000  # which a report can make this machine draw
RELATIVE, SAMPLES = 0.02, 2  # what another machine may change: a part of the value, and so many samples of a share


@dataclass(frozen=True)
class Check:
    """One published number, measured again. It holds from `low` to `high`.

    published  None if what was published is no number; `measured` is None if it could not be measured.
    """

    name: str
    published: float | None
    measured: float | None
    low: float
    high: float

    @property
    def holds(self) -> bool:
        return self.published is not None and self.low <= self.published <= self.high


def verify_model(
    ref: str,
    catalog: Catalog,
    dataset: str | None = None,
    extractor: str | None = None,
    weights: Path | None = None,
    device: str = "cpu",
) -> list[Check]:
    """Score a published model on the images and with the evaluator that its report names.

    dataset    where the images are now, "name:path"; None: as the recipe says, if that is harmless or the user's own run.
    extractor  the name that the report must have; needed where any model of timm can be named, and is downloaded.
    weights    file of the extractor's weights.

    Raises ZooError if it was published without scores, if the images are not here or others, and if the evaluator is not here.
    """
    source = open_source(ref, CARD, RECIPE, REPORT, *ENCODER)
    report, recipe = source.report(), source.recipe()
    if recipe is None or report is None or not report.get("scores"):
        raise ZooError(f"{ref} was published without scores, so there is nothing to verify; zoo eval measures them")
    published, before = _scores(ref, report), _evaluator(ref, report)
    _check_extractor(ref, before["extractor"], extractor, source.is_run or weights is not None)
    bundle = load_bundle(source.folder, catalog, device)
    encoder = load_encoder(source.folder, bundle, catalog, device)
    if recipe.space != bundle.space:
        raise ZooError(f"{RECIPE} of {ref} is of other images than its model draws; publish it again")
    recipe = recipe.on(device)
    images = scored_images(ref, recipe, source.provenance().dataset_sha256, catalog, dataset, source.is_run)
    scoring = Scoring(before["extractor"], weights, before["n_fake"], judge="")
    now = score_model(bundle, encoder, images, recipe, catalog, scoring, TrainingProgress(quiet=True))
    _same_evaluator(before, now["evaluator"])
    return compare(published, claims(source.card()), now["scores"], before["n_fake"])


def compare(
    published: Iterable[Mapping[str, Any]], card: Mapping[str, Any], now: Iterable[Mapping[str, Any]], n: int
) -> list[Check]:
    """Every score of the report, and every claim of the card that the report does not make, against the new measurement.

    A number holds within the interval of the new measurement; without one within its spread; without either, or where these
    are narrower, within 2 % and two samples of `n`, since another processor rounds otherwise. The interval that was published
    is not asked: it is part of the claim.
    """
    stated = {str(score["name"]): float(score["value"]) for score in published}
    claimed = {name: text.finite(value) for name, value in card.items()}
    others = {
        f"{name} of the card": (name, value)
        for name, value in claimed.items()
        if value is None or name not in stated or abs(value - stated[name]) > 1e-6 * max(1.0, abs(value))
    }
    measured = {score["name"]: score for score in now}
    rows = {name: (name, value) for name, value in stated.items()} | others
    return [_check(shown, value, measured.get(name), n) for shown, (name, value) in rows.items()]


def _check(shown: str, published: float | None, now: Mapping[str, Any] | None, n: int) -> Check:
    if now is None:
        return Check(shown, published, None, math.nan, math.nan)
    value, low, high = float(now["value"]), now.get("low"), now.get("high")
    least = max(RELATIVE * abs(value), SAMPLES / n, now.get("spread") or 0.0)
    return Check(
        shown,
        published,
        value,
        value - least if low is None else min(low, value - least),
        value + least if high is None else max(high, value + least),
    )


def lines(checks: Iterable[Check]) -> Iterable[str]:
    """A table for the terminal."""
    yield f"{'score':>20}  {'published':>10}  {'now':>10}  {'within':^23}"
    for check in checks:
        now = "not there" if check.measured is None else text.number(check.measured)
        within = "" if check.measured is None else f"{text.number(check.low)} to {text.number(check.high)}"
        verdict = "" if check.holds else "  differs"
        yield f"{check.name:>20}  {text.number(check.published):>10}  {now:>10}  {within:^23}{verdict}".rstrip()


def _scores(ref: str, report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The scores of a report that anybody may have written."""
    scores = report["scores"]
    scores = (
        [score for score in scores if not (isinstance(score, dict) and score.get("void"))]
        if isinstance(scores, list)
        else scores
    )
    good = isinstance(scores, list) and all(
        isinstance(score, dict) and isinstance(score.get("name"), str) and text.finite(score.get("value")) is not None
        for score in scores
    )
    if not good:
        raise ZooError(f"{REPORT} of {ref} holds scores that are no numbers; publish it again")
    return list(scores)


def _evaluator(ref: str, report: Mapping[str, Any]) -> Mapping[str, Any]:
    found = report.get("evaluator")
    if not isinstance(found, dict) or not isinstance(found.get("extractor"), str) or type(found.get("n_fake")) is not int:
        raise ZooError(f"{REPORT} of {ref} does not say what its scores were measured with, so they cannot be measured again")
    if not 2 <= found["n_fake"] <= MOST_SAMPLES:
        raise ZooError(
            f"the scores of {ref} are of {found['n_fake']:,} samples; from 2 to {MOST_SAMPLES:,} can be measured again"
        )
    return found


def _check_extractor(ref: str, stated: str, said: str | None, trusted: bool) -> None:
    """Raises ZooError if the user named another, or must name this one first: it is downloaded, and may be of any size."""
    if said is not None and said != stated:
        raise ZooError(f"--extractor {said}: {ref} was scored with {one_line(stated, 100)}; type that, or leave it out")
    if said is None and stated.startswith(PREFIX) and not trusted:
        raise ZooError(
            f"{ref} was scored with {one_line(stated, 100)}, which is downloaded on your word alone; type --extractor with it"
        )


def _same_evaluator(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Numbers of another instrument say nothing about those of this one."""
    different = [name for name in before if name not in ("id", "versions") and before[name] != now.get(name)]
    if different:
        changes = ", ".join(f"{name} {before[name]}, here {now.get(name)}" for name in different)
        raise RunFailure(f"cannot measure with what the scores were measured with: {changes}; see --extractor-weights")
