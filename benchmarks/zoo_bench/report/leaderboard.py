"""The leaderboard of a report, and what it says of models with upsamplers, of speed and of size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from zoo_bench.records.ranking import Ranking, agreement, rankings
from zoo_bench.records.rows import Board, Row
from zoo_bench.records.scores import Score
from zoo_bench.report.curves import Chart
from zoo_bench.report.overlay import Point, scatter

SHADES = 8  # of the heat map


@dataclass(frozen=True)
class HeatMap:
    """Model by upsampler. `best`: (model, upsampler) -> row, its leading score, its shade from 0 to SHADES - 1."""

    ranking: Ranking[Row]
    models: list[str]
    upsamplers: list[str]
    best: Mapping[tuple[str, str], tuple[Row, Score, int]]
    doubled: bool


def tables(board: Board) -> list[Ranking[Row]]:
    """A ranking for each evaluator, in the order in which they appear."""
    return rankings((row, row.scores) for row in board.rows)


def judges(board: Board) -> list[str]:
    """Sentences on how far the judges agree."""
    return agreement(tables(board), lambda row: row.name)


def ranked(board: Board) -> Board:
    """The same rows numbered from the best to the worst, evaluator by evaluator; what was not scored comes last."""
    order = [row.number for ranking in tables(board) for row, _ in ranking.rows]
    places = {number: place for place, number in enumerate(dict.fromkeys([*order, *(row.number for row in board.rows)]), 1)}
    rows = sorted((replace(row, number=places[row.number]) for row in board.rows), key=lambda row: row.number)
    return replace(board, rows=tuple(rows))


def heat_maps(board: Board) -> list[HeatMap] | None:
    """Model by upsampler, shaded by the leading score of each evaluator; None without two combinations to compare."""
    return [heat for ranking in tables(board) if (heat := _heat_map(ranking))] or None


def costs(board: Board) -> list[Chart] | None:
    """The leading score against speed and against the size of the generator."""
    charts = []
    for ranking in tables(board):
        lead = ranking.lead.name
        led = [(row, scores[lead]) for row, scores in ranking.rows if lead in scores]
        speeds = [_point(row, score, row.speed) for row, score in led if row.speed is not None]
        sizes = [_point(row, score, row.parameters) for row, score in led if row.parameters is not None]
        for across, points in (("images per second", speeds), ("parameters", sizes)):
            charts.append(scatter(ranking.heading(lead), across, points))
    return [chart for chart in charts if chart] or None


def _point(row: Row, score: Score, x: float) -> Point:
    return Point(row.number, row.name, x, score.value, *(score.interval or ()))


def _heat_map(ranking: Ranking[Row]) -> HeatMap | None:
    lead = ranking.lead.name
    led = [(row, scores[lead]) for row, scores in ranking.rows if lead in scores]
    places = [((row.part("model"), row.part("upsampler")), row, score) for row, score in led]
    places = [place for place in places if all(place[0])]
    best = {at: (row, score) for at, row, score in reversed(places)}  # the best come first
    if len(best) < 2:
        return None
    models, upsamplers = (sorted({at[axis] for at in best}) for axis in (0, 1))
    ranks = [score.rank for _, score in best.values()]
    shaded = {at: (row, score, _shade(score.rank, min(ranks), max(ranks))) for at, (row, score) in best.items()}
    return HeatMap(ranking, models, upsamplers, shaded, len(best) < len(places))


def _shade(rank: float, best: float, worst: float) -> int:
    share = 1.0 if worst == best else (worst / 2 - rank / 2) / (worst / 2 - best / 2)
    return min(SHADES - 1, int(share * SHADES))
