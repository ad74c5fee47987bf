"""Recipes as flat rows of options, to show what differs between runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_OPTIONS = ("format", "command", "versions", "hardware", "dataset_sha256", "precision")  # of a recipe


def flat(recipe: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The options of a recipe by dotted names: "options.train.batch"."""
    found: dict[str, Any] = {}
    for key, value in recipe.items():
        if not prefix and key in NOT_OPTIONS:
            continue
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
