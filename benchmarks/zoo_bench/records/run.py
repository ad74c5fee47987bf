"""A run folder as values. Whatever is missing, torn or of the wrong kind is left out and said in `problems`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_bench.words import finite, plural, short
from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import as_today


@dataclass(frozen=True)
class Run:
    """What a run left behind.

    recipe    recipe.json as it is written today, {} if there is none.
    metrics   lines of metrics.jsonl in the order of their iteration; of lines of the same iteration, the last.
    report    report.json, {} if the run was not evaluated.
    samples   (iteration, picture), in order.
    problems  one line per file that could not be used.
    """

    path: Path
    recipe: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    report: Mapping[str, Any]
    samples: Sequence[tuple[int, Path]]
    problems: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """`wgan_gp with colorpicker`, or the folder's name where the recipe is missing."""
        model = self.recipe.get("model") or table(self.recipe, "parts").get("objective")
        upsampler = table(self.recipe, "parts").get("upsampler")
        if not model:
            return self.path.resolve().name
        return f"{short(model)} with {short(upsampler)}" if upsampler else short(model)

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What the machine added to the recipe; {} where that is not known."""
        return table(self.recipe, "provenance")

    def picture(self, name: str) -> Path:
        return self.path / "samples" / f"{name}.png"


def read(path: Path) -> Run:
    """Read a run folder. Raises ZooError if there is none."""
    if not path.is_dir():
        raise ZooError(f"{path} is not a run folder: type the folder that `zoo bench` printed")
    problems: list[str] = []
    recipe = as_today(_object(path / "recipe.json", problems))
    if not recipe and not problems:
        problems.append("recipe.json is missing, so the page cannot say what was trained")
    metrics = _lines(path / "metrics.jsonl", problems)
    report = _object(path / "report.json", problems)
    return Run(path, recipe, metrics, report, _samples(path / "samples"), tuple(problems))


def table(anything: Any, *keys: str) -> Mapping[str, Any]:
    """The object found by following `keys`; {} where there is none."""
    for key in keys:
        anything = anything.get(key) if isinstance(anything, Mapping) else None
    return anything if isinstance(anything, Mapping) else {}


def rows(anything: Any) -> list[Any]:
    """The list, or [] for everything else."""
    return anything if isinstance(anything, list) else []


def _object(path: Path, problems: list[str]) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        problems.append(f"{path.name} cannot be read: {error}")
        return {}
    if not isinstance(found, dict):
        problems.append(f"{path.name} cannot be read: it holds no JSON object")
        return {}
    return found


def _lines(path: Path, problems: list[str]) -> list[Mapping[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(f"{path.name} cannot be read: {error}")
        return []
    found: dict[int, Mapping[str, Any]] = {}
    torn = 0
    for line in lines[:-1]:
        _line(line, found) or (torn := torn + 1)
    _line(lines[-1], found)  # a line without its end is still being written: use it if it is whole, and say nothing if not
    if torn:
        problems.append(f"metrics.jsonl: {plural(torn, 'line')} could not be read")
    return [found[iteration] for iteration in sorted(found)]


def _line(line: bytes, found: dict[int, Mapping[str, Any]]) -> bool:
    if not line.strip():
        return True
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return False
    iteration = finite(values.get("iteration")) if isinstance(values, dict) else None
    if iteration is None or not 0 <= iteration < 2**53:
        return False
    found[int(iteration)] = values
    return True


def _samples(folder: Path) -> list[tuple[int, Path]]:
    if not folder.is_dir():
        return []
    return sorted(
        (int(p.stem), p) for p in folder.glob("*.png") if p.stem.isascii() and p.stem.isdecimal() and len(p.stem) < 19
    )
