"""How scores are named, ordered and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def shown(run: Run) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Scores that say what they were measured with, and the names of those that do not: a number alone means nothing.

    Those of an evaluator that took the place of another one have its name as `instead_of`.
    """
    scores: list[Mapping[str, Any]] = [score for score in rows(run.report.get("scores")) if isinstance(score, dict)]
    evaluator = table(run.report, "evaluator")
    absent, identity = evaluator.get("instead_of"), str(evaluator.get("id"))
    replaced = {"instead_of": str(absent)} if absent else {}
    named: list[Mapping[str, Any]] = [
        {**score, **(replaced if _identity(score) == f"{score['name']}-{identity}" else {})}
        for score in scores
        if _identity(score)
    ]
    return named, [str(score.get("name", "without a name")) for score in scores if not _identity(score)]


def in_place_of(scores: Iterable[Mapping[str, Any] | None]) -> str:
    """What stands behind the id of an evaluator that took the place of another one; "" where none did."""
    absent = dict.fromkeys(str(score["instead_of"]) for score in scores if score and score.get("instead_of"))
    return f" in place of {' and '.join(absent)}" if absent else ""


def between(score: Mapping[str, Any]) -> str:
    """`0.0401 to 0.0442`, the ends of a score's interval; "" if it has none."""
    low, high = text.finite(score.get("low")), text.finite(score.get("high"))
    return "" if low is None or high is None else f"{text.number(low, 3)} to {text.number(high, 3)}"


def _identity(score: Mapping[str, Any]) -> str:
    """The id, "" for a score that does not say what it is called and measured with."""
    identity = score.get("id") if isinstance(score.get("name"), str) else None
    return identity.strip() if isinstance(identity, str) else ""
