"""Recipes as flat rows of options, to show what differs between runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_bench.records.run import table

TELLING = ("init_from", "changes")  # of a run's provenance, what makes another run of the same recipe


def flat(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """What recipe.json says that makes a run another run, by dotted names: "options.train.batch"."""
    asked = {key: value for key, value in recorded.items() if key not in ("format", "provenance")}
    told = table(recorded, "provenance")
    return _dotted({**asked, **{key: told[key] for key in TELLING if key in told}})


def _dotted(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= _dotted(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
