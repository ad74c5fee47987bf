"""What a matrix may vary, read from the options of `zoo bench`. Imports nothing heavy: every `zoo bench` asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_bench.records.matrix import AXES, is_matrix
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import Catalog


def asks_for_matrix(given: Mapping[str, Any]) -> bool:
    """Whether the options mean more than one run, or one that an executor is to start."""
    if given["resume"]:
        return is_matrix(given["resume"])
    lists = any("," in (given[flag] or "") for flag in AXES)
    return lists or bool(given["varied"]) or given["seeds"] > 1 or bool(given["jobs"] or given["engine"] or given["dry_run"])


def axes(given: Mapping[str, Any], catalog: Catalog) -> dict[str, list[str]]:
    """Flag -> names, for the flags that were given. Raises ZooError for an unknown name, and for one that comes twice."""
    found = {}
    for flag, kind in AXES.items():
        if not given[flag]:
            continue
        words = _words(f"--{flag} {given[flag]}", given[flag])
        ids = [catalog.find(kind, word).id for word in words]
        twice = next((word for place, word in enumerate(words) if ids[place] in ids[:place]), None)
        if twice:
            raise ZooError(f"--{flag} names {twice} twice; type it once")
        found[flag] = words
    return found


def varied(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Option -> values, for each --vary. Raises ZooError for what is no list, and for an option that is also set elsewhere."""
    found: dict[str, list[str]] = {}
    fixed = {text.partition("=")[0] for text in given["settings"]}
    for text in given["varied"]:
        key, sign, values = text.partition("=")
        if not (key and sign):
            raise ZooError(f"--vary {text} must be [PART.]KEY=VALUE,VALUE")
        if key in found or key in fixed:
            raise ZooError(f"--vary {text}: {key} is given twice; type all its values after one --vary")
        words = _words(f"--vary {text}", values)
        if len(set(words)) < len(words):
            raise ZooError(f"--vary {text} has the same value twice; type it once")
        found[key] = words
    return found


def _words(typed: str, text: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise ZooError(f"{typed} has nothing between two commas or at an end; type words with one comma between them")
    return words
