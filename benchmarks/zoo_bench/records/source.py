"""A published model wherever it lies: a repository on the Hub, a folder like one, or the folder of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_bench.records.folder import RunFolder
from zoo_bench.records.provenance import Provenance
from zoo_core.errors import ZooError
from zoo_core.model.config import CONFIG, WEIGHTS
from zoo_core.model.hub import fetch
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.names import one_line

CARD, RECIPE, REPORT, TRAINING = "README.md", "recipe.json", "report.json", "training.safetensors"
SAMPLES, NEAREST = "samples.png", "nearest.png"
ENCODER = ("encoder.json", "encoder.safetensors")
PUBLISHED = (CARD, CONFIG, WEIGHTS, *ENCODER, RECIPE, REPORT, SAMPLES, NEAREST, TRAINING)
MOST_TEXT = 2**24  # bytes of a file of text


@dataclass(frozen=True)
class Source:
    """Files of a published model on this machine.

    ref       the repository without a revision, or the whole path of the folder.
    commit    of the repository; "" for a folder.
    folder    holds config.json and model.safetensors.
    beside    holds recipe.json, report.json and the card, as far as they are there.
    training  the weights of all networks; None if they were not published.
    """

    ref: str
    commit: str
    folder: Path
    beside: Path
    training: Path | None

    @property
    def weights(self) -> Path:
        return self.folder / WEIGHTS

    @property
    def is_run(self) -> bool:
        """Whether it is the folder of a run, and so what was typed on this machine."""
        return self.beside != self.folder

    def recipe(self) -> Recipe | None:
        """None if the recipe was not published. Raises ZooError if it is damaged."""
        if not (self.beside / RECIPE).exists():
            return None
        recipe = Recipe.from_json(self._object(RECIPE))
        parts, options = recipe.parts, recipe.options
        known = isinstance(parts, dict) and isinstance(options, dict) and {"objective", *parts} <= parts.keys() & options.keys()
        if not known or not all(isinstance(value, str) for value in parts.values()):
            raise ZooError(f"{RECIPE} of {self.ref} does not say what the model was trained with; publish it again")
        return recipe

    def provenance(self) -> Provenance:
        """What the recipe was completed with where it was run. Raises ZooError if the recipe is damaged or not published."""
        return Provenance.from_json(self._object(RECIPE))

    def report(self) -> Mapping[str, Any] | None:
        """None if there is none. Raises ZooError if it is damaged."""
        return self._object(REPORT) if (self.beside / REPORT).exists() else None

    def card(self) -> str:
        """ "" if there is none. Raises ZooError if it cannot be read."""
        return self._text(CARD) if (self.beside / CARD).exists() else ""

    def _text(self, name: str) -> str:
        path = self.beside / name
        try:
            if path.stat().st_size > MOST_TEXT:
                raise ValueError(f"it has {path.stat().st_size:,} bytes")
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ZooError(f"{name} of {self.ref} cannot be read: {one_line(str(error))}") from None

    def _object(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads(self._text(name))
        except (ValueError, RecursionError) as error:
            raise ZooError(f"{name} of {self.ref} cannot be read: {one_line(str(error))}") from None
        if not isinstance(value, dict):
            raise ZooError(f"{name} of {self.ref} is not an object; publish the model again")
        return value


def open_source(ref: str, *files: str) -> Source:
    """Find REF, downloading what is not in the cache: the model, and of `files` what it was published with.

    Raises ZooError if there is no model.
    """
    found = fetch(ref, optional=files)
    run = RunFolder(Path(ref))
    if not found.repo and found.folder == run.model:
        from zoo_train.checkpoint import checkpoints  # imports torch

        return Source(str(run.path.resolve()), "", run.model, run.path, next(iter(checkpoints(run.checkpoints)), None))
    training, name = found.folder / TRAINING, found.repo or str(found.folder.resolve())
    return Source(name, found.commit, found.folder, found.folder, training if training.exists() else None)


def file_sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
