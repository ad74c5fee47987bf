"""`zoo compare`: runs side by side. Imports neither torch nor numpy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from zoo_bench import words as text
from zoo_bench.records.flat import flat, interval
from zoo_bench.records.matrix import is_matrix
from zoo_bench.records.run import Run, read, table
from zoo_bench.records.scores import in_place_of, shown
from zoo_bench.records.table import ARROWS, evaluator_of, measured
from zoo_core.errors import ZooError


@click.command("compare")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="RUN RUN...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: scores, verdicts, facts and options that differ.")
def compare(runs: Sequence[Path], as_json: bool) -> None:
    """Show runs side by side: their scores, their speed and size, and the options in which they differ.

    Only scores that were measured with the same evaluator stand in one table. A difference is called clear if the intervals of
    the two scores, or value ± spread where they have no intervals, do not overlap.
    """
    if len(runs) < 2:
        raise ZooError("one run cannot be compared; type zoo compare RUN RUN")
    for path in runs:
        if is_matrix(path):
            raise ZooError(f"{path} is a matrix, and its table is in {path / 'table.md'}; type the folders of two of its cells")
        if path.is_dir() and not any((path / name).exists() for name in ("recipe.json", "report.json")):
            raise ZooError(f"{path} is not a run folder: it has neither recipe.json nor report.json")
    found = comparison([read(path) for path in runs])
    if as_json:
        click.echo(json.dumps(found))
        return
    console = Console(highlight=False)
    letters = [ascii_uppercase[place] if len(runs) <= 26 else str(place + 1) for place in range(len(runs))]
    for letter, path in zip(letters, found["runs"], strict=True):
        console.print(f"{letter}  {path}", markup=False, soft_wrap=True)
    for evaluator in found["evaluators"]:
        _print_scores(console, evaluator, letters)
    if not found["evaluators"]:
        console.print("none of these runs has scores that say what they were measured with")
    _print_rows(console, "facts", letters, found["facts"])
    _print_rows(console, "options that differ", letters, found["options"])
    if not found["options"]:
        console.print("the recipes have the same options")


def comparison(runs: Sequence[Run]) -> dict[str, Any]:
    """What `zoo compare` shows, as JSON.

    evaluators  for each: its id and its scores; `values` of a score has one element per run, None where a run lacks it.
    facts       (name, value per run). options: the same, for options of which the values differ.
    """
    by_id: dict[str, list[Mapping[str, Any] | None]] = {}
    for place, run in enumerate(runs):
        for score in shown(run)[0]:
            if text.finite(score.get("value")) is not None:
                by_id.setdefault(score["id"], [None] * len(runs))[place] = score
    evaluators: dict[str, list[dict[str, Any]]] = {}
    for id, scores in by_id.items():
        first = next(score for score in scores if score is not None)
        row = {"name": first["name"], "better": first.get("better"), "floor": first.get("floor"), "values": scores}
        evaluators.setdefault(evaluator_of({**first, "id": id}), []).append({**row, "verdict": verdict(scores)})
    options = [flat(run.recipe) for run in runs]
    names = sorted({name for each in options for name in each})
    return {
        "runs": [str(run.path) for run in runs],
        "evaluators": [{"id": id, "scores": scores} for id, scores in evaluators.items()],
        "facts": [[name, [fact(run) for run in runs]] for name, fact in FACTS.items()],
        "options": [
            [name.removeprefix("options."), [each.get(name) for each in options]]  # as --set takes them
            for name in names
            if any(each.get(name) != options[0].get(name) for each in options)
        ],
    }


def verdict(scores: Sequence[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """{"best": place of the best run, "clear": whether it is clearly better than the second, None where that is unknown}.

    None with fewer than two values, equal values, or a score that does not say which direction is better.
    """
    there = [(place, score) for place, score in enumerate(scores) if score is not None]
    better = there[0][1].get("better") if there else None
    if len(there) < 2 or better not in ARROWS:
        return None
    ranked = sorted(there, key=lambda pair: pair[1]["value"], reverse=better == "higher")
    (place, best), (_, second) = ranked[:2]
    if best["value"] == second["value"]:
        return None
    ranges = interval(best), interval(second)
    if ranges[0] is None or ranges[1] is None:
        return {"best": place, "clear": None}
    return {"best": place, "clear": ranges[0][1] < ranges[1][0] or ranges[1][1] < ranges[0][0]}


FACTS: Mapping[str, Callable[[Run], Any]] = {
    "images": lambda run: table(run.report, "training").get("images"),
    "seconds of training": lambda run: table(run.report, "training").get("seconds"),
    "images per second": lambda run: table(run.report, "training").get("images_per_second"),
    "parameters of the generator": lambda run: table(run.report, "training", "parameters").get("generator"),
    "parameters in all": lambda run: sum(table(run.report, "training", "parameters").values()) or None,
}


def _print_scores(console: Console, evaluator: Mapping[str, Any], runs: Sequence[str]) -> None:
    mark = in_place_of(value for score in evaluator["scores"] for value in score["values"])
    console.print(f"\nmeasured with {evaluator['id']}{mark}", markup=False, soft_wrap=True)
    grid = _grid(["score", *runs, "floor", "better"])
    for score in evaluator["scores"]:
        name = f"{score['name']} {ARROWS.get(score['better'], '')}".rstrip()
        grid.add_row(name, *map(measured, score["values"]), text.number(score["floor"]), _said(score["verdict"], runs))
    console.print(grid)


def _said(found: Mapping[str, Any] | None, runs: Sequence[str]) -> str:
    if found is None:
        return text.NOTHING
    how = {True: "clearly", False: "within the uncertainty", None: "uncertainty unknown"}[found["clear"]]
    return f"{runs[found['best']]} {how}"


def _print_rows(console: Console, title: str, runs: Sequence[str], rows: Sequence[Any]) -> None:
    if not rows:
        return
    console.print(f"\n{title}", markup=False, soft_wrap=True)
    grid = _grid(["", *runs])
    for name, values in rows:
        grid.add_row(name, *(text.number(value) if text.finite(value) is not None else text.value(value) for value in values))
    console.print(grid)


def _grid(names: Sequence[str]) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        grid.add_column(name, overflow="fold")
    return grid
