"""The scores of a matrix side by side: mean and spread over seeds, one table for each evaluator."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from zoo_bench import words as text
from zoo_bench.records.matrix import FORMAT, Cell, Matrix, is_finished, read_status, words
from zoo_bench.records.run import Run, read, table
from zoo_bench.records.scores import in_place_of, shown
from zoo_core.files import write_bytes, write_json

FIRST = ("kid", "fid", "recall")  # what fits into a terminal; table.md has all
ARROWS = {"lower": "↓", "higher": "↑"}


def write_table(folder: Path, matrix: Matrix) -> dict[str, Any]:
    """Write table.json and table.md; returns the content of table.json, which docs/reference/run-folder.md describes."""
    found = collect(folder, matrix)
    write_json(folder / "table.json", found)
    write_bytes(folder / "table.md", markdown(found).encode())
    return found


def collect(folder: Path, matrix: Matrix) -> dict[str, Any]:
    """A row for each combination, over its seeds. Only scores with the same id are averaged."""
    rows = []
    for values, group in itertools.groupby(matrix.cells, key=lambda cell: dict(cell.values)):
        cells = list(group)
        rows.append({"values": values, **_row(folder, cells)})
    return {"format": FORMAT, "command": matrix.command, "rows": rows}


def headline(cell: Path) -> str:
    """The first score of a cell, for a line of progress; "" if it has none."""
    named, _ = shown(read(cell))
    score = next((score for name in FIRST for score in named if score.get("name") == name), None)
    return f": {score['name']} {text.number(score.get('value'))}" if score else ""


def evaluator_of(score: Mapping[str, Any]) -> str:
    """The id of a score without the score's own name: what it was measured with."""
    return str(score["id"]).removeprefix(f"{score['name']}-")


def evaluators(found: Mapping[str, Any]) -> list[str]:
    """Ids of the evaluators, without the score's name, in the order in which they appear."""
    return list(dict.fromkeys(evaluator_of(score) for row in found["rows"] for score in row["scores"]))


def show(found: Mapping[str, Any], console: Console) -> None:
    """Print a table for each evaluator, the best first."""
    for evaluator in evaluators(found):
        names, rows = _grid(found, evaluator, FIRST)
        console.print(
            f"\nmean ± spread over seeds, measured with {evaluator}{_in_place_of(found, evaluator)}",
            markup=False,
            soft_wrap=True,
        )
        grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in names[:-1]:  # without the parameters
            is_axis = name in found["rows"][0]["values"]
            grid.add_column(name, justify="left" if is_axis else "right", no_wrap=is_axis)
        for row in rows:
            grid.add_row(*row[:-1])
        console.print(grid)


def markdown(found: Mapping[str, Any]) -> str:
    """All scores as Markdown, with what did not work below."""
    lines = [f"`{found['command']}`", ""]
    for evaluator in evaluators(found):
        names, rows = _grid(found, evaluator)
        lines += [f"Mean ± spread over seeds, measured with `{evaluator}`{_in_place_of(found, evaluator)}:", ""]
        for cells in (names, ["---"] * len(names), *rows):
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    for row in found["rows"]:
        lines += [f"- {' '.join(words(row['values']))} is impossible: {row['problem']}"] if row["problem"] else []
        lines += [f"- {name} failed: {error}" for name, error in row["failed"].items()]
    return "\n".join(lines).rstrip() + "\n"


def mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation (n - 1); None for one value."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


def _row(folder: Path, cells: Sequence[Cell]) -> dict[str, Any]:
    done = [cell for cell in cells if is_finished(folder / cell.name)]
    runs = [read(folder / cell.name) for cell in done]
    speeds = [speed for run in runs if (speed := text.finite(table(run.report, "training").get("images_per_second")))]
    states = {cell.name: read_status(folder / cell.name) for cell in cells}
    return {
        "problem": cells[0].problem,
        "cells": [cell.name for cell in cells],
        "finished": [cell.name for cell in done],
        "failed": {name: status["error"] for name, status in states.items() if status["state"] == "failed"},
        "scores": over_seeds(runs),
        "images_per_second": statistics.fmean(speeds) if speeds else None,
        "parameters": _parameters(runs),
    }


def over_seeds(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The scores of runs that differ in their seeds alone; only scores with the same id are averaged."""
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        for score in shown(run)[0]:
            if text.finite(score.get("value")) is not None:
                by_id.setdefault(score["id"], []).append(score)
    return [_score(scores) for scores in by_id.values()]


def _in_place_of(found: Mapping[str, Any], evaluator: str) -> str:
    return in_place_of(score for row in found["rows"] for score in row["scores"] if evaluator_of(score) == evaluator)


def _score(scores: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One score over the seeds. The interval of a single run is kept; that of a mean is its spread."""
    values = [float(score["value"]) for score in scores]
    floors = [floor for score in scores if (floor := text.finite(score.get("floor"))) is not None]
    mean, spread = mean_and_spread(values)
    absent = next((score["instead_of"] for score in scores if score.get("instead_of")), None)
    return {
        **({"instead_of": absent} if absent else {}),
        "id": scores[0]["id"],
        "name": scores[0]["name"],
        "better": scores[0].get("better"),
        "value": mean,
        "spread": spread,
        "values": values,
        "low": scores[0].get("low") if len(scores) == 1 else None,
        "high": scores[0].get("high") if len(scores) == 1 else None,
        "floor": statistics.fmean(floors) if len(floors) == len(scores) else None,
    }


def _parameters(runs: Sequence[Run]) -> int | None:
    """Weights of the generator."""
    found = table(runs[0].report, "training", "parameters").get("generator") if runs else None
    return found if isinstance(found, int) else None


def _grid(found: Mapping[str, Any], evaluator: str, only: Sequence[str] = ()) -> tuple[list[str], list[list[str]]]:
    """Headings, and the rows that have scores of this evaluator; the best first by the first score."""
    filled = []
    for row in found["rows"]:
        scores = {score["name"]: score for score in row["scores"] if evaluator_of(score) == evaluator}
        filled += [(row, scores)] if scores else []
    every = {name: score for _, scores in filled for name, score in scores.items()}
    names = [name for name in only if name in every] or list(every)
    leads = names[0]
    filled.sort(key=lambda pair: rank(pair[1].get(leads)))
    arrows = {name: ARROWS.get(every[name]["better"], "") for name in names}
    axes = list(found["rows"][0]["values"])
    heads = [*axes, "seeds", *(f"{name} {arrows[name]}".strip() for name in names), "img/s", "parameters"]
    rows = [
        [
            *row["values"].values(),
            f"{max(len(score['values']) for score in scores.values())}/{len(row['cells'])}",
            *(measured(scores.get(name)) for name in names),
            text.count(row["images_per_second"]),
            text.count(row["parameters"]),
        ]
        for row, scores in filled
    ]
    floors = [text.number(every[name]["floor"]) for name in names]
    return heads, [*rows, ["floor", *[""] * len(axes), *floors, "", ""]]


def rank(score: Mapping[str, Any] | None) -> float:
    """Lowest is best; what was not measured comes last."""
    if score is None:
        return float("inf")
    value: float = score["value"]
    return -value if score["better"] == "higher" else value


def measured(score: Mapping[str, Any] | None) -> str:
    """value ± spread, or value [low, high] for a single run with an interval; a dash without a score."""
    if score is None:
        return text.NOTHING
    low, high = text.finite(score.get("low")), text.finite(score.get("high"))
    if low is not None and high is not None:
        return f"{text.number(score['value'])} [{text.number(low)}, {text.number(high)}]"
    return text.measured(score["value"], score.get("spread"))
