"""The folder of a matrix: matrix.json says what is to be done, and each cell is a run folder with a status."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoo_bench.records.folder import RunFolder
from zoo_bench.records.inside import is_name, lies_in
from zoo_bench.records.provenance import Provenance, recorded
from zoo_core.errors import ZooError
from zoo_core.files import write_json
from zoo_core.hooks import PARTS
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.names import one_line

FORMAT = 1
OWN = "its own"  # in place of the upsampler's name, of a cell whose generator takes none
AXES = {"model": "model", **PARTS}  # flag -> kind of the entries that it names


@dataclass(frozen=True)
class Cell:
    """One run of a matrix.

    values   what was chosen for it: "model", "upsampler" ... -> name as typed; a varied option -> its value as typed.
    recipe   None for a cell that is impossible; `problem` then says why.
    provenance  the cell's own command, and which weights it starts from.
    """

    name: str
    values: Mapping[str, str]
    seed: int
    recipe: Recipe | None = None
    problem: str = ""
    provenance: Provenance = field(default_factory=Provenance)

    def to_json(self) -> dict[str, Any]:
        rest = {"problem": self.problem} if self.recipe is None else {"recipe": recorded(self.recipe, self.provenance)}
        return {"name": self.name, "values": dict(self.values), "seed": self.seed, **rest}


@dataclass(frozen=True)
class Matrix:
    """What matrix.json holds. `scoring`: zoo_bench.run.bench.Scoring, `checkpoint_every`, `on_trouble` and more, as JSON."""

    cells: tuple[Cell, ...]
    scoring: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""

    @property
    def possible(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.recipe is not None)

    def to_json(self) -> dict[str, Any]:
        cells = [cell.to_json() for cell in self.cells]
        return {"format": FORMAT, "command": self.command, "scoring": dict(self.scoring), "cells": cells}

    @property
    def measured(self) -> dict[str, Any]:
        """Of `scoring`, what decides the numbers of the first judge: who watches on the way does not."""
        return {key: value for key, value in self.scoring.items() if key not in ("observers", "score_every", "judge")}

    @property
    def sha256(self) -> str:
        """Of what is asked for: neither of the machine nor of how the command was typed."""
        asked = [self.measured, *sorted((cell.name, _asked(cell)) for cell in self.cells)]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def words(values: Mapping[str, str]) -> list[str]:
    """What was chosen for a cell: names alone, options with their values."""
    return [value if key in AXES else f"{key}={value}" for key, value in values.items()]


def is_matrix(folder: Path) -> bool:
    return (folder / "matrix.json").is_file()


def load_matrix(folder: Path) -> Matrix:
    """Raises ZooError if the folder holds no matrix of this format."""
    path = folder / "matrix.json"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["format"] != FORMAT:
            raise ZooError(f"{path} has format {value['format']}, not {FORMAT}: it was written by another version of zoo-bench")
        cells = tuple(map(_cell, value["cells"]))
        if len({cell.name for cell in cells}) < len(cells):
            raise ValueError("two cells have one name")
        return Matrix(cells, dict(value["scoring"]), str(value["command"]))
    except FileNotFoundError:
        raise ZooError(f"{folder} holds no matrix (matrix.json is missing); type the folder of a matrix") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ZooError(f"{path} cannot be read: {type(error).__name__} {error}") from None


def matrix_at(folder: Path) -> Matrix | None:
    """The matrix of a folder, None for a folder that is empty or not there. Raises ZooError if it holds other files."""
    if is_matrix(folder):
        return load_matrix(folder)
    if folder.exists() and (not folder.is_dir() or any(not path.name.startswith(".") for path in folder.iterdir())):
        raise ZooError(f"{folder} holds something else than a matrix; type --out with another name")
    return None


def cell_folder(folder: Path, name: str) -> Path:
    """Where a cell is written. Raises ZooError if a link leads out of the matrix."""
    path = folder / name
    if not lies_in(folder, path):
        raise ZooError(f"{path} is a link that leads out of the matrix; put the folder there, or type --out with another name")
    return path


def clear(folder: Path, matrix: Matrix) -> None:
    """Remove what a matrix wrote, matrix.json last. A cell that is a link stays, and so does what it points to."""
    for cell in matrix.cells:
        shutil.rmtree(folder / cell.name, ignore_errors=True)  # which refuses a link
    for name in ("table.json", "table.md", "report.html", "matrix.json"):
        (folder / name).unlink(missing_ok=True)


def save_matrix(folder: Path, matrix: Matrix) -> None:
    write_json(folder / "matrix.json", matrix.to_json())


def joined(old: Matrix, new: Matrix, folder: Path) -> Matrix:
    """A matrix with the cells of both: one that is asked for again with more models or seeds grows.

    Raises ZooError if the two differ in anything that all cells must share, so that they could not stand in one table.
    """
    mine, theirs = _common(old), _common(new)
    differing = sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))
    asked = {cell.name: _asked(cell) for cell in new.cells if cell.recipe}
    differing += [f"the options of {cell.name}" for cell in old.possible if asked.get(cell.name, _asked(cell)) != _asked(cell)]
    if differing:
        raise ZooError(
            f"{folder} holds another matrix (not the same: {', '.join(differing[:3])}); "
            f"type --overwrite to replace it, or --out with another name"
        )
    cells = {cell.name: cell for matrix in (old, new) for cell in matrix.cells} | {cell.name: cell for cell in old.possible}
    rows = [cell.values for cell in cells.values()]
    ordered = sorted(cells.values(), key=lambda cell: (rows.index(cell.values), cell.seed))
    return Matrix(tuple(ordered), new.scoring, new.command)


def read_status(cell: Path) -> dict[str, Any]:
    """What status.json of a cell says; "state" is "waiting" where there is none that can be read."""
    try:
        found = json.loads((cell / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    return {"state": "waiting", "error": "", "seconds": 0.0, "starts": 0, **(found if isinstance(found, dict) else {})}


def write_status(cell: Path, **changed: Any) -> None:
    write_json(cell / "status.json", {"format": FORMAT, **read_status(cell), **changed})


def is_finished(cell: Path) -> bool:
    return read_status(cell)["state"] == "finished" and RunFolder(cell).report.is_file()


def _cell(value: Mapping[str, Any]) -> Cell:
    if not is_name(value["name"]):  # of a folder that is written to, and removed
        raise ValueError(f"{one_line(str(value['name']), 60)} is no name of a cell")
    if type(value["seed"]) is not int or not all(isinstance(text, str) for item in value["values"].items() for text in item):
        raise TypeError(f"cell {value['name']} has no seed, or values that are no text")
    start = value["name"], dict(value["values"]), value["seed"]
    if "recipe" not in value:
        return Cell(*start, problem=str(value.get("problem", "")))
    return Cell(*start, Recipe.from_json(value["recipe"]), provenance=Provenance.from_json(value["recipe"]))


def _asked(cell: Cell) -> dict[str, Any]:
    if cell.recipe is None:
        return {}
    asked = {**cell.recipe.to_json(), "init_from": cell.provenance.init_from}
    del asked["threads"]  # of the machine
    return dict(json.loads(json.dumps(asked)))  # as it is read again: lists for tuples


def _common(matrix: Matrix) -> dict[str, Any]:
    """What all cells share, once."""
    first = _asked(matrix.possible[0]) if matrix.possible else {}
    return {**{key: first.get(key) for key in ("dataset", "space", "budget", "device")}, "scoring": matrix.measured}
