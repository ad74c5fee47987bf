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
from zoo_bench.records.flat import flat
from zoo_bench.records.matrix import is_matrix
from zoo_bench.records.ranking import Ranking, agreement, rankings
from zoo_bench.records.run import Run, read, table
from zoo_bench.records.scores import Score, measured, scores_of
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
    read_runs = [read(path) for path in runs]
    if as_json:
        click.echo(json.dumps(comparison(read_runs)))
        return
    console = Console(highlight=False)
    letters = [ascii_uppercase[place] if len(runs) <= 26 else str(place + 1) for place in range(len(runs))]
    for letter, path in zip(letters, runs, strict=True):
        console.print(f"{letter}  {path}", markup=False, soft_wrap=True)
    tables = scored(read_runs)
    for ranking in tables:
        _print_scores(console, ranking, letters)
    for sentence in agreement(tables, lambda place: letters[place]):
        console.print(sentence, markup=False, soft_wrap=True)
    if not tables:
        console.print("none of these runs has scores that say what they were measured with")
    _print_rows(console, "facts", letters, facts(read_runs))
    options = differing(read_runs)
    _print_rows(console, "options that differ", letters, options)
    if not options:
        console.print("the recipes have the same options")


def comparison(runs: Sequence[Run]) -> dict[str, Any]:
    """What `zoo compare` shows, as JSON.

    evaluators  for each: its id and its scores; `values` of a score has one element per run, None where a run lacks it.
    facts       (name, value per run). options: the same, for options of which the values differ.
    """
    return {
        "runs": [str(run.path) for run in runs],
        "evaluators": [
            {
                "id": ranking.evaluator,
                "scores": [
                    {
                        "name": one.name,
                        "better": one.better,
                        "floor": one.floor,
                        "values": [score and score.told for score in column],
                        "verdict": verdict(column),
                    }
                    for one, column in _columns(ranking, len(runs))
                ],
            }
            for ranking in scored(runs)
        ],
        "agreement": agreement(scored(runs), lambda place: str(runs[place].path)),
        "facts": facts(runs),
        "options": differing(runs),
    }


def scored(runs: Sequence[Run]) -> list[Ranking[int]]:
    """A ranking for each evaluator, of the places of the runs."""
    return rankings((place, scores_of(run)) for place, run in enumerate(runs))


def facts(runs: Sequence[Run]) -> list[list[Any]]:
    """Name and values of facts that are no scores."""
    return [[name, [fact(run) for run in runs]] for name, fact in FACTS.items()]


def differing(runs: Sequence[Run]) -> list[list[Any]]:
    """Name, as --set takes it, and values of the options that are not the same in all runs."""
    options = [flat(run.recipe) for run in runs]
    return [
        [name.removeprefix("options."), [each.get(name) for each in options]]
        for name in sorted({name for each in options for name in each})
        if any(each.get(name) != options[0].get(name) for each in options)
    ]


def verdict(scores: Sequence[Score | None]) -> dict[str, Any] | None:
    """{"best": place of the best run, "clear": whether it is clearly better than the second, None where that is unknown}.

    None with fewer than two values, equal values, or a score that does not say which direction is better.
    """
    ranked = sorted(((place, score) for place, score in enumerate(scores) if score), key=lambda pair: pair[1].rank)
    if len(ranked) < 2 or not ranked[0][1].better:
        return None
    (place, best), (_, second) = ranked[:2]
    if best.value == second.value:
        return None
    one, other = best.interval, second.interval
    return {"best": place, "clear": one and other and (one[1] < other[0] or other[1] < one[0])}


FACTS: Mapping[str, Callable[[Run], Any]] = {
    "images": lambda run: table(run.report, "training").get("images"),
    "seconds of training": lambda run: table(run.report, "training").get("seconds"),
    "images per second": lambda run: table(run.report, "training").get("images_per_second"),
    "parameters of the generator": lambda run: table(run.report, "training", "parameters").get("generator"),
    "parameters in all": lambda run: sum(table(run.report, "training", "parameters").values()) or None,
}


def _columns(ranking: Ranking[int], count: int) -> list[tuple[Score, list[Score | None]]]:
    """Each score, once as a sample and then that of each of `count` runs."""
    scores = dict(ranking.rows)
    return [(one, [scores.get(place, {}).get(name) for place in range(count)]) for name, one in ranking.scores.items()]


def _print_scores(console: Console, ranking: Ranking[int], runs: Sequence[str]) -> None:
    console.print(f"\nmeasured with {ranking.evaluator}{ranking.mark}", markup=False, soft_wrap=True)
    grid = _grid(["score", *runs, "floor", "better"])
    for one, column in _columns(ranking, len(runs)):
        heading = f"{one.name} {one.arrow}".rstrip()
        grid.add_row(heading, *map(measured, column), text.number(one.floor), _said(verdict(column), runs))
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
