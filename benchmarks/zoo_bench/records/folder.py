"""The folder of one run: where each file lies, and how a folder begins and goes on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_bench.records.inside import lies_in
from zoo_bench.records.provenance import Provenance, recorded
from zoo_core.errors import RunFailure, ZooError
from zoo_core.files import writable, write_bytes, write_json
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.names import one_line


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run. `recipe.json` is what makes a folder a run folder."""

    path: Path

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def profile(self) -> Path:
        return self.path / "profile"

    @property
    def report(self) -> Path:
        return self.path / "report.json"

    def check_free(self, overwrite: bool) -> None:
        """Raises ZooError if the folder holds a run, or files that are no run's, or cannot hold weights; makes nothing."""
        if not writable(str(self.path)):  # safetensors opens no such path
            raise ZooError(f"{one_line(str(self.path), 200)} is no UTF-8; type --out with another name")
        if self.path.exists():
            if not self.path.is_dir():
                raise ZooError(f"{self.path} is a file; type --out with another name")
            if any(not path.name.startswith(".") for path in self.path.iterdir()):  # a killed run may leave a temporary file
                if not self.recipe.exists():
                    raise ZooError(f"{self.path} holds other files; type --out with another name")
                if not overwrite:
                    raise ZooError(f"{self.path} holds a run; type --resume {self.path} to go on, --overwrite to replace it")

    def claim(self, overwrite: bool) -> None:
        """Make the folder. Raises ZooError if it is not free or cannot be written to."""
        self.check_free(overwrite)
        self.make()

    def make(self) -> None:
        """Raises ZooError if the folder cannot be made or written to."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ZooError(f"cannot make {self.path}: {error.strerror}; type --out with a folder you may write to") from error
        if not os.access(self.path, os.W_OK):
            raise ZooError(f"cannot write to {self.path}; type --out with a folder you may write to")

    def clear(self) -> None:
        """Remove what runs write, the recipe last: a half-cleared folder is a run that starts again. Other files stay."""
        for folder in (self.samples, self.checkpoints, self.model, self.profile):
            shutil.rmtree(folder, ignore_errors=True)
        for path in (self.metrics, self.report, self.path / "report.html", self.recipe):
            path.unlink(missing_ok=True)

    def save_recipe(self, recipe: Recipe, provenance: Provenance) -> None:
        """Write the recipe and where it comes from, from which on the folder is a run."""
        write_json(self.recipe, recorded(recipe, provenance))

    def load_recipe(self) -> Recipe:
        """What the run was asked for. Raises ZooError if this is no run folder."""
        return Recipe.from_json(self._recorded())

    def load_provenance(self) -> Provenance:
        """What the machine added to the recipe. Raises ZooError if this is no run folder."""
        return Provenance.from_json(self._recorded())

    def _recorded(self) -> dict[str, Any]:
        try:
            found = json.loads(self.recipe.read_text(encoding="utf-8"))
            if not isinstance(found, dict):
                raise ValueError("it holds no JSON object")
            return found
        except (FileNotFoundError, NotADirectoryError):
            raise ZooError(f"{self.path} holds no run (recipe.json is missing); type the folder of a run") from None
        except (OSError, ValueError, RecursionError) as error:
            raise ZooError(f"{self.recipe} cannot be read: {error}") from None

    def log(self, line: Mapping[str, Any]) -> None:
        """Append one line to metrics.jsonl; readers see whole lines but for the last."""
        try:
            with open(self.metrics, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise RunFailure(f"cannot write {self.metrics}: {error.strerror}") from error

    def forget_after(self, iteration: int) -> None:
        """Drop lines of metrics.jsonl and sample grids of iterations that will be done again."""
        self.samples.mkdir(exist_ok=True)
        drawn = self.samples.glob("*.png") if lies_in(self.path, self.samples) else ()  # nothing is removed through a link
        if self.metrics.exists():
            lines = self.metrics.read_text(encoding="utf-8", errors="replace").splitlines()
            write_bytes(self.metrics, "".join(line + "\n" for line in lines if _iteration(line) <= iteration).encode())
        for path in drawn:
            if path.stem.isdigit() and int(path.stem) > iteration:
                path.unlink(missing_ok=True)


def _iteration(line: str) -> float:
    try:
        return float(json.loads(line)["iteration"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
