"""What a matrix may vary, read from the options of `zoo bench`. Imports nothing heavy: every `zoo bench` asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_bench.matrix.folder import is_matrix
from zoo_core.catalog import Catalog
from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS

AXES = {"model": "model", **PARTS}  # flag -> kind of the entries that it names


def asks_for_matrix(given: Mapping[str, Any]) -> bool:
    """Whether the options mean more than one run, or one that an executor is to start."""
    if given["resume"]:
        return is_matrix(given["resume"])
    lists = any("," in (given[flag] or "") for flag in AXES)
    return lists or given["seeds"] > 1 or bool(given["jobs"] or given["engine"] or given["dry_run"])


def axes(given: Mapping[str, Any], catalog: Catalog) -> dict[str, list[str]]:
    """Flag -> names, for the flags that were given. Raises ZooError for an unknown name, and for one that comes twice."""
    found = {}
    for flag, kind in AXES.items():
        if not given[flag]:
            continue
        words = [word.strip() for word in given[flag].split(",")]
        if not all(words):
            raise ZooError(f"--{flag} {given[flag]} has an empty name; type names with one comma between them")
        ids = [catalog.find(kind, word).id for word in words]
        twice = next((word for place, word in enumerate(words) if ids[place] in ids[:place]), None)
        if twice:
            raise ZooError(f"--{flag} names {twice} twice; type it once")
        found[flag] = words
    return found
