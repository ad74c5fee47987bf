"""The scores of a matrix side by side: mean and spread over seeds, one table for each evaluator."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from zoo_bench import words as text
from zoo_bench.records.matrix import FORMAT, Cell, Matrix, is_finished, read_status, words
from zoo_bench.records.ranking import FIRST, Ranking, agreement, rankings, seeds
from zoo_bench.records.rows import Row
from zoo_bench.records.run import read
from zoo_bench.records.scores import measured, scores_of
from zoo_core.files import write_bytes, write_json


@dataclass(frozen=True)
class Combination:
    """The cells of a matrix that differ in their seeds alone. `row` has the finished ones; `failed`: cell -> error."""

    values: Mapping[str, str]
    problem: str
    cells: tuple[str, ...]
    failed: Mapping[str, str]
    row: Row

    def to_json(self) -> dict[str, Any]:
        return {
            "values": dict(self.values),
            "problem": self.problem,
            "cells": list(self.cells),
            "finished": [run.path.name for run in self.row.runs],
            "failed": dict(self.failed),
            "scores": [score.to_json() for score in self.row.scores],
            "images_per_second": self.row.speed,
            "parameters": self.row.parameters,
        }


@dataclass(frozen=True)
class Scores:
    """What table.json holds, which docs/reference/run-folder.md describes."""

    command: str
    rows: tuple[Combination, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "command": self.command,
            "rows": [row.to_json() for row in self.rows],
            "agreement": self.agreement(),
        }

    def rankings(self) -> list[Ranking[Combination]]:
        return rankings((combination, combination.row.scores) for combination in self.rows)

    def agreement(self) -> list[str]:
        """Sentences on how far the judges agree."""
        return agreement(self.rankings(), lambda row: " ".join(words(row.values)))


def write_table(folder: Path, matrix: Matrix) -> Scores:
    """Write table.json and table.md."""
    found = collect(folder, matrix)
    write_json(folder / "table.json", found.to_json())
    write_bytes(folder / "table.md", markdown(found).encode())
    return found


def collect(folder: Path, matrix: Matrix) -> Scores:
    """A row for each combination, over its seeds."""
    groups = itertools.groupby(matrix.cells, key=lambda cell: dict(cell.values))
    return Scores(matrix.command, tuple(_combination(folder, list(cells)) for _, cells in groups))


def headline(cell: Path) -> str:
    """The first score of a cell, for a line of progress; "" if it has none."""
    scores = {score.name: score for score in reversed(scores_of(read(cell)))}
    return next((f": {name} {text.number(scores[name].value)}" for name in FIRST if name in scores), "")


def show(found: Scores, console: Console) -> None:
    """Print a table for each evaluator, the best first."""
    for ranking in found.rankings():
        heads, rows = _grid(ranking, [name for name in ranking.names if name in FIRST] or list(ranking.scores))
        title = f"\nmean ± spread over seeds, measured with {ranking.evaluator}{ranking.mark}"
        console.print(title, markup=False, soft_wrap=True)
        grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in heads[:-1]:  # without the parameters
            is_axis = name in found.rows[0].values
            grid.add_column(name, justify="left" if is_axis else "right", no_wrap=is_axis)
        for row in rows:
            grid.add_row(*row[:-1])
        console.print(grid)
    for sentence in found.agreement():
        console.print(sentence, markup=False, soft_wrap=True)


def markdown(found: Scores) -> str:
    """All scores as Markdown, with what did not work below."""
    lines = [f"`{found.command}`", ""]
    for ranking in found.rankings():
        heads, rows = _grid(ranking, list(ranking.scores))
        lines += [f"Mean ± spread over seeds, measured with `{ranking.evaluator}`{ranking.mark}:", ""]
        for cells in (heads, ["---"] * len(heads), *rows):
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    lines += [f"- {sentence}" for sentence in found.agreement()]
    for row in found.rows:
        lines += [f"- {' '.join(words(row.values))} is impossible: {row.problem}"] if row.problem else []
        lines += [f"- {name} failed: {error}" for name, error in row.failed.items()]
    return "\n".join(lines).rstrip() + "\n"


def _combination(folder: Path, cells: Sequence[Cell]) -> Combination:
    runs = tuple(read(folder / cell.name) for cell in cells if is_finished(folder / cell.name))
    states = {cell.name: read_status(folder / cell.name) for cell in cells}
    failed = {name: status["error"] for name, status in states.items() if status["state"] == "failed"}
    return Combination(cells[0].values, cells[0].problem, tuple(states), failed, Row(0, "", runs))


def _grid(ranking: Ranking[Combination], names: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Headings, and the rows that have scores; the best first, the floor last."""
    axes = list(ranking.rows[0][0].values)
    heads = [*axes, "seeds", *(f"{name} {ranking.scores[name].arrow}".strip() for name in names), "img/s", "parameters"]
    rows = [
        [
            *combination.values.values(),
            f"{seeds(scores)}/{len(combination.cells)}",
            *(measured(scores.get(name)) for name in names),
            text.count(combination.row.speed),
            text.count(combination.row.parameters),
        ]
        for combination, scores in ranking.rows
    ]
    floors = [text.number(ranking.floors.get(name)) for name in names]
    return heads, [*rows, ["floor", *[""] * len(axes), *floors, "", ""]]
