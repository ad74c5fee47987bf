"""What the sections of a report of several runs show beside its leaderboard: pictures, copies, curves, commands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.ranking import Ranking
from zoo_bench.records.rows import Board, Row
from zoo_bench.records.run import Run, rows
from zoo_bench.records.scores import Score
from zoo_bench.report.curves import Chart
from zoo_bench.report.leaderboard import tables
from zoo_bench.report.overlay import Line, overlay
from zoo_bench.report.pictures import Figure, figure
from zoo_bench.report.sections import command, shot
from zoo_bench.report.series import phases, scores, term

COPIES = ("copies", "copies_pixels", "ct")
COPIED = -3.0  # of ct: below it are copies
MOST_SEEDS = 8  # pictures of a row


def samples(board: Board) -> list[tuple[str, list[Figure]]] | None:
    """The same latents of every run: a row for each recipe, a picture for each seed; real images below."""
    strips = [(row.name, [_shot(run) for run in row.runs[:MOST_SEEDS]]) for row in board.rows if any(map(_latest, row.runs))]
    real = next((run for row in board.rows for run in row.runs if run.picture("real").exists()), None)
    if strips and real:
        strips.append(("Real images", [shot(real, real.picture("real"), "", "real images")]))
    return strips or None


def memorisation(board: Board) -> dict[str, Any] | None:
    """Copies by features and by pixels beside their floors, the copying test, and samples beside their nearest neighbours."""
    copies = [(ranking, *_copies(ranking)) for ranking in tables(board)]
    pairs = [
        figure(path, row.name, f"samples of {row.name} beside their nearest training images")
        for row in board.rows
        if (path := next((each for run in row.runs if (each := _nearest(run)).exists()), None))
    ]
    found = {"tables": [one for one in copies if one[1]], "pairs": pairs}
    return found if any(found.values()) else None


def curves(board: Board) -> dict[str, Any] | None:
    """Scores during training over images, all rows in one chart; below, the terms of each row, its seeds in one chart."""
    groups = [
        ("Scores while training", _charts(_scores_over_images(board))),
        ("Critic accuracy", _charts({row.name: _accuracy(row) for row in board.rows})),
    ]
    terms = [(row.name, _charts(_terms(row))) for row in board.rows]
    return {"groups": groups, "terms": terms} if any(charts for _, charts in [*groups, *terms]) else None


def repeat(board: Board) -> list[tuple[Row, list[tuple[str, str]], list[str]]] | None:
    """Every row with the exact command of each of its runs, and with their warnings."""
    return [
        (
            row,
            [(_seed(run), typed) for run in row.runs if (typed := command(run))],
            list(dict.fromkeys(str(warning) for run in row.runs for warning in rows(run.report.get("warnings")))),
        )
        for row in board.rows
    ] or None


def _latest(run: Run) -> Path | None:
    final = run.picture("final")
    return final if final.exists() else run.samples[-1][1] if run.samples else None


def _shot(run: Run) -> Figure:
    path = _latest(run)
    after = "" if path is None or not path.stem.isdecimal() else f", after {text.count(int(path.stem))} iterations"
    return shot(run, path or run.picture("final"), f"{_seed(run)}{after}", f"samples, {_seed(run)}")


def _seed(run: Run) -> str:
    seed = run.recipe.get("seed")
    return run.path.name if seed is None else f"seed {text.value(seed)}"


def _nearest(run: Run) -> Path:
    """Where `zoo bench` draws it, or `zoo eval`."""
    path = run.picture("nearest")
    return path if path.exists() else run.path / "nearest.png"


def _copies(ranking: Ranking[Row]) -> tuple[list[str], list[tuple[Row, Mapping[str, Score], bool]]]:
    """Names of the scores, and the rows that have some, with whether they copy."""
    names = [name for name in COPIES if name in ranking.scores]
    return names, [(row, scores, _copied(scores)) for row, scores in ranking.rows if any(name in scores for name in names)]


def _copied(scores: Mapping[str, Score]) -> bool:
    """What the numbers say; a share counts once it is over twice that of held-out images."""
    shares = [scores[name] for name in COPIES[:2] if name in scores]
    return ("ct" in scores and scores["ct"].value < COPIED) or any(
        share.floor is not None and share.value > max(2 * share.floor, 0.1) for share in shares
    )


def _charts(lines: Mapping[str, list[Line]]) -> list[Chart]:
    return [chart for title, drawn in lines.items() if (chart := overlay(title, drawn))]


def _scores_over_images(board: Board) -> dict[str, list[Line]]:
    """Id of a score that was measured during training -> a line for each run that has it."""
    found: dict[str, list[Line]] = {}
    for row in board.rows:
        for run in row.runs:
            for id, curve in scores(run, "images").items():
                found.setdefault(id, []).append(Line(row.name, curve))
    return found


def _accuracy(row: Row) -> list[Line]:
    """Shares of real and of generated images that the critic takes for what they are."""
    return [
        Line(text.words(name.partition("/")[2]), term(run, name, "images"))
        for run in row.runs
        for names in phases(run).values()
        for name in names
        if name.endswith("accuracy")
    ]


def _terms(row: Row) -> dict[str, list[Line]]:
    names = dict.fromkeys(name for run in row.runs for names in phases(run).values() for name in names)
    return {
        name.replace("/", ", ").replace("_", " "): [Line(_seed(run), term(run, name, "images")) for run in row.runs]
        for name in names
    }
