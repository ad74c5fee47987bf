"""Folders that zoo itself has written: runs, matrices, models, packed copies. Their images are no part of a set."""

from __future__ import annotations

import json
import stat
from collections.abc import Collection
from pathlib import Path

PACKED = ("manifest.json", "pixels.npy")  # what zoo_bench.data.packed writes
MODEL = ("config.json", "model.safetensors")  # what zoo_core.model.bundle writes
# A file of this name is ours if its JSON object has these keys: people keep recipes of other kinds.
KEYS = {
    "recipe.json": {"format", "model", "parts"},
    "matrix.json": {"format", "cells"},
    "report.json": {"scores"},
}
MOST_BYTES = 64 * 2**20


def by_zoo(folder: Path, names: Collection[str]) -> str:
    """What zoo has written there ("a run", ...), "" for any other folder. `names` are those of its files."""
    if all(name in names for name in PACKED):
        return "a packed copy"
    if all(name in names for name in MODEL):
        return "a model"
    for name, what in (("matrix.json", "a matrix"), ("recipe.json", "a run"), ("report.json", "a report")):
        if name in names and _has(folder / name, KEYS[name]):
            return what
    return ""


def _has(file: Path, keys: Collection[str]) -> bool:
    try:
        state = file.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > MOST_BYTES:
            return False
        value = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.keys() >= set(keys)
