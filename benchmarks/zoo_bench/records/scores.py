"""Scores as run folders have them, and how they are named, ordered and written."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.run import Run, rows, table

NAMES = {  # name -> label, what a reader has to know of it
    "fid": ("FID", "Fréchet distance between the features of real and generated images"),
    "fid_infinity": ("FID, infinity", "the same, extrapolated to endlessly many generated images"),
    "kid": ("KID", "squared maximum mean discrepancy between these features"),
    "kid_p": ("KID, p-value", "how often sets mixed at random differ as much; a p-value has no interval"),
    "is": ("Inception score", "how certain and how varied the predicted classes are"),
    "precision": ("Precision", "share of generated images that lie among real ones"),
    "recall": ("Recall", "share of real images that lie among generated ones"),
    "density": ("Density", "in how many neighbourhoods of real images a generated one lies"),
    "coverage": ("Coverage", "share of real images with a generated one in their neighbourhood"),
    "diversity": ("Diversity", "mean distance between the features of two generated images; few different ones have little"),
    "edge_f1": ("Edge agreement", "F1 between the lines that were asked for and the edges of what was drawn"),
    "edge_f1_shuffled": ("Edge agreement, shuffled", "the control: the same samples against the lines of other images"),
    "reconstruction_error": (
        "Reconstruction",
        "mean absolute error on held-out images, as a share of the range; the floor is the mean training image",
    ),
    "reconstruction_psnr": ("Reconstruction, PSNR", "in dB, on held-out images; the floor is the mean training image"),
    "copies": ("Copies", "share of generated images closer to a training image than held-out ones usually are"),
    "copies_pixels": ("Copies, by pixels", "the same for pixels instead of features, small shifts included"),
    "ct": ("Copying test", "C_T, a z-score: about 0 is right, below \N{MINUS SIGN}3 are copies, far above are poor images"),
}
SHUFFLED = "the control: the same images against the labels of others, so what ignoring the labels would get"
ACCURACY = "share of generated images recognised as the label that was asked for"
STATISTICS = {
    "colours": "distinct colours per image",
    "palette": "fewest colours that cover 95 % of an image",
    "off_palette": "share of pixels with a colour that no real image has; of a real image, no other one",
    "entropy": "of the colours of an image, in bits",
    "background": "share of pixels that are background",
    "clean_background": "share of the nearly background pixels that are exactly background",
    "clean_border": "share of the outermost pixels that are background",
    "symmetry": "overlap with the mirror image",
    "holes": "enclosed background, as a share of the figure with its holes",
    "partial_alpha": "share of half transparent pixels",
}
EVALUATOR = {
    "n_real": "real images",
    "n_fake": "generated images",
    "n_held_out": "held-out images",
    "instead_of": "in the place of",
    "weights_sha256": "weights (SHA-256)",
    "reference_sha256": "real images (SHA-256)",
    "kid_subset_size": "KID subset size",
    "is_splits": "splits of the inception score",
}
ARROWS = {"lower": ("↓", "lower is better"), "higher": ("↑", "higher is better")}


@dataclass(frozen=True)
class Score:
    """A score that says what it was measured with: of one run, or of runs that differ in their seeds alone.

    value      finite; over runs their mean.
    better     "lower", "higher", or None where that is not said.
    spread     of one run that of its metric; over runs the standard deviation (n - 1).
    low, high  ends of the 95 % interval of one run.
    floor      what real held-out images score.
    values     of each run.
    told       all that report.json says of it, for one run.
    """

    id: str
    name: str
    value: float
    better: str | None = None
    spread: float | None = None
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    instead_of: str = ""
    values: tuple[float, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Score | None:
        """A score of report.json; None if its value is no finite number."""
        value = text.finite(told.get("value"))
        if value is None:
            return None
        better = next((way for way in ARROWS if told.get("better") == way), None)
        instead_of = str(told.get("instead_of") or "")
        numbers = {key: text.finite(told.get(key)) for key in ("spread", "low", "high", "floor")}
        return cls(
            str(told.get("id")).strip(),
            str(told.get("name")),
            value,
            better,
            instead_of=instead_of,
            values=(value,),
            told=told,
            **numbers,
        )

    @property
    def evaluator(self) -> str:
        """The id without the score's own name: what it was measured with."""
        return self.id.removeprefix(f"{self.name}-")

    @property
    def arrow(self) -> str:
        return ARROWS[self.better][0] if self.better else ""

    @property
    def rank(self) -> float:
        """Lowest is best."""
        return -self.value if self.better == "higher" else self.value

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its ends, or value ± spread; None if there is neither."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        return None if self.spread is None else (self.value - self.spread, self.value + self.spread)

    def to_json(self) -> dict[str, Any]:
        return {
            **({"instead_of": self.instead_of} if self.instead_of else {}),
            **{key: getattr(self, key) for key in ("id", "name", "better", "value", "spread")},
            "values": list(self.values),
            **{key: getattr(self, key) for key in ("low", "high", "floor")},
        }


def scores_of(run: Run) -> list[Score]:
    """The scores of a run that are numbers and say what they were measured with."""
    return [score for told in shown(run)[0] if (score := Score.read(told))]


def over_seeds(runs: Iterable[Run]) -> list[Score]:
    """The scores of runs that differ in their seeds alone; only scores with the same id are averaged."""
    by_id: dict[str, list[Score]] = {}
    for run in runs:
        for score in scores_of(run):
            by_id.setdefault(score.id, []).append(score)
    return [_mean(scores) for scores in by_id.values()]


def _mean(scores: Sequence[Score]) -> Score:
    """One score over the seeds. The interval of a single run is kept; that of a mean is its spread."""
    values = tuple(score.value for score in scores)
    floors = [score.floor for score in scores if score.floor is not None]
    value, spread = mean_and_spread(values)
    return replace(
        scores[0],
        value=value,
        spread=spread,
        low=scores[0].low if len(scores) == 1 else None,
        high=scores[0].high if len(scores) == 1 else None,
        floor=statistics.fmean(floors) if len(floors) == len(scores) else None,
        instead_of=next((score.instead_of for score in scores if score.instead_of), ""),
        values=values,
        told={},
    )


def mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation (n - 1); None for one value."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


def measured(score: Score | None) -> str:
    """value ± spread, or value [low, high] for a single run with an interval; a dash without a score."""
    if score is None:
        return text.NOTHING
    if score.low is not None and score.high is not None:
        return f"{text.number(score.value)} [{text.number(score.low)}, {text.number(score.high)}]"
    return text.measured(score.value, score.spread)


def between(low: Any, high: Any) -> str:
    """`0.0401 to 0.0442`, the ends of an interval; "" if one of them is no number."""
    missing = text.finite(low) is None or text.finite(high) is None
    return "" if missing else f"{text.number(low, 3)} to {text.number(high, 3)}"


def described(name: str) -> tuple[str, str]:
    """The label of a score, and what a reader has to know of it."""
    if not name.startswith("accuracy_"):
        return NAMES.get(name, (text.words(name).capitalize(), ""))
    attribute, control = name.removeprefix("accuracy_").removesuffix("_shuffled"), name.endswith("_shuffled")
    return f"Accuracy, {text.words(attribute)}{', shuffled' if control else ''}", SHUFFLED if control else ACCURACY


def label(name: str) -> str:
    return described(name)[0]


def shown(run: Run) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Scores that say what they were measured with, and the names of those that do not: a number alone means nothing.

    The judge's come first, then those of the second judge. Those of an evaluator that took the place of another one have its
    name as `instead_of`.
    """
    named: list[Mapping[str, Any]] = []
    nameless = []
    for report in (run.report, table(run.report, "second")):
        evaluator = table(report, "evaluator")
        for score in rows(report.get("scores")):
            if isinstance(score, dict) and _identity(score):
                own = _identity(score) == f"{score['name']}-{evaluator.get('id')}"
                named.append({**score, **(_marks(evaluator) if own else {})})
            elif isinstance(score, dict):
                nameless.append(str(score.get("name", "without a name")))
    return named, nameless


def _marks(evaluator: Mapping[str, Any]) -> dict[str, str]:
    """What a reader must know of an evaluator: what it took the place of."""
    absent = evaluator.get("instead_of")
    return {"instead_of": str(absent)} if absent else {}


def _identity(score: Mapping[str, Any]) -> str:
    """The id, "" for a score that does not say what it is called and measured with."""
    identity = score.get("id") if isinstance(score.get("name"), str) else None
    return identity.strip() if isinstance(identity, str) else ""
