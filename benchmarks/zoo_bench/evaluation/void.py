"""A judge says nothing of a model that was trained on the judge's own features."""

from __future__ import annotations

from typing import Any

from zoo_core.hooks import PARTS
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog

BY_PIXELS = ("copies_pixels",)  # what does not look at features


def trained_on(recipe: Recipe, catalog: Catalog) -> set[str]:
    """Names of the extractors that the model or a part of it declares to train on."""
    entries = [
        catalog.find("model", recipe.model),
        *(catalog.find(PARTS[part], id) for part, id in recipe.parts.items()),
    ]
    return {name for item in entries for name in item.entry.features}


def void(report: dict[str, Any], judges: set[str]) -> dict[str, Any]:
    """`report`, as `Report.to_json` makes it, with no value in the scores of these judges, and a warning for each of them."""
    warnings = list(report["warnings"])
    changed = dict(report)
    for place in ("scores", "second"):
        evaluator = report["evaluator"] if place == "scores" else report.get("second", {}).get("evaluator", {})
        name = evaluator.get("extractor")
        if name not in judges:
            continue
        scores = report["scores"] if place == "scores" else report["second"]["scores"]
        without = [score if score["name"] in BY_PIXELS else _without_value(score, name) for score in scores]
        changed[place] = without if place == "scores" else {**report["second"], "scores": without}
        warnings.append(f"scores by {name} are void: the model was trained on its features")
    return {**changed, "warnings": warnings}


def _without_value(score: dict[str, Any], judge: str) -> dict[str, Any]:
    numbers = ("value", "spread", "low", "high", "at_floor_n")
    return {**score, **dict.fromkeys(numbers, None), "void": f"trained on the features of {judge}"}
