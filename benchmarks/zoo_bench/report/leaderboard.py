"""The leaderboard of a report: a ranking for each evaluator, so that scores of another identity never share a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from zoo_bench.records.flat import interval
from zoo_bench.records.scores import ARROWS, NAMES, in_place_of
from zoo_bench.records.table import FIRST, evaluator_of, rank
from zoo_bench.report.curves import Chart
from zoo_bench.report.gather import Board, Row, part
from zoo_bench.report.overlay import Point, scatter
from zoo_bench.report.scores import label

SHADES = 8  # of the heat map
Scored = tuple[Row, Mapping[str, Mapping[str, Any]]]  # a row, and its scores of one evaluator by name


@dataclass(frozen=True)
class Ranking:
    """The rows that one evaluator scored, the best first by the leading score."""

    evaluator: str
    rows: Sequence[Scored]

    @cached_property
    def names(self) -> list[str]:
        """Of the scores: the one that ranks, then as in zoo_bench.records.scores.NAMES, then others."""
        there = dict.fromkeys(name for _, scores in self.rows for name in scores)
        return [name for name in dict.fromkeys([*FIRST, *NAMES, *there]) if name in there]

    @property
    def lead(self) -> str:
        """The score that ranks."""
        return self.names[0]

    @property
    def sorted(self) -> str:
        return {"lower": "ascending", "higher": "descending"}.get(self._better(self.lead), "")

    @property
    def mark(self) -> str:
        """What the evaluator took the place of."""
        return in_place_of(score for _, scores in self.rows for score in scores.values())

    @property
    def floors(self) -> dict[str, float]:
        """What real held-out images score, by name."""
        return {
            name: scores[name]["floor"]
            for _, scores in reversed(self.rows)
            for name in scores
            if scores[name]["floor"] is not None
        }

    def heading(self, name: str) -> str:
        """`KID ↓`."""
        return f"{label(name)} {ARROWS.get(self._better(name), ('', ''))[0]}".strip()

    def seeds(self, scores: Mapping[str, Mapping[str, Any]]) -> int:
        return max(len(score["values"]) for score in scores.values())

    def _better(self, name: str) -> str:
        return next(str(scores[name]["better"]) for _, scores in self.rows if name in scores)


@dataclass(frozen=True)
class HeatMap:
    """Model by upsampler. `best`: (model, upsampler) -> row, its leading score, its shade from 0 to SHADES - 1."""

    ranking: Ranking
    models: list[str]
    upsamplers: list[str]
    best: Mapping[tuple[str, str], tuple[Row, Mapping[str, Any], int]]
    doubled: bool


def rankings(board: Board) -> list[Ranking]:
    """One for each evaluator, in the order in which they appear."""
    found: dict[str, list[Scored]] = {}
    for row in board.rows:
        own: dict[str, dict[str, Mapping[str, Any]]] = {}
        for score in row.scores:
            own.setdefault(evaluator_of(score), {})[str(score["name"])] = score
        for evaluator, scores in own.items():
            found.setdefault(evaluator, []).append((row, scores))
    return [_sorted(Ranking(evaluator, rows)) for evaluator, rows in found.items()]


def _sorted(ranking: Ranking) -> Ranking:
    return replace(ranking, rows=sorted(ranking.rows, key=lambda pair: rank(pair[1].get(ranking.lead))))


def ranked(board: Board) -> Board:
    """The same rows numbered from the best to the worst, evaluator by evaluator; what was not scored comes last."""
    order = [row.number for ranking in rankings(board) for row, _ in ranking.rows]
    places = {number: place for place, number in enumerate(dict.fromkeys([*order, *(row.number for row in board.rows)]), 1)}
    rows = sorted((replace(row, number=places[row.number]) for row in board.rows), key=lambda row: row.number)
    return replace(board, rows=tuple(rows))


def heat_maps(board: Board) -> list[HeatMap] | None:
    """Model by upsampler, shaded by the leading score of each evaluator; None without two combinations to compare."""
    return [found for ranking in rankings(board) if (found := _heat_map(ranking))] or None


def costs(board: Board) -> list[Chart] | None:
    """The leading score against speed and against the size of the generator."""
    charts = []
    for ranking in rankings(board):
        name = ranking.lead
        for across, keys in (("images per second", ("images_per_second",)), ("parameters", ("parameters", "generator"))):
            points = [
                Point(row.number, row.name, x, scores[name]["value"], *(interval(scores[name]) or ()))
                for row, scores in ranking.rows
                if name in scores and (x := row.mean(*keys)) is not None
            ]
            charts.append(scatter(ranking.heading(name), across, points))
    return [chart for chart in charts if chart] or None


def _heat_map(ranking: Ranking) -> HeatMap | None:
    name = ranking.lead
    scored = [(row, scores[name]) for row, scores in ranking.rows if name in scores]
    places = [((part(row, "model"), part(row, "upsampler")), row, score) for row, score in scored]
    places = [place for place in places if all(place[0])]
    best = {at: (row, score) for at, row, score in reversed(places)}  # the best come first
    models, upsamplers = (sorted({at[axis] for at in best}) for axis in (0, 1))
    if len(best) < 2:
        return None
    ranks = [rank(score) for _, score in best.values()]
    shaded = {at: (row, score, _shade(rank(score), min(ranks), max(ranks))) for at, (row, score) in best.items()}
    return HeatMap(ranking, models, upsamplers, shaded, len(best) < len(places))


def _shade(rank: float, best: float, worst: float) -> int:
    share = 1.0 if worst == best else (worst / 2 - rank / 2) / (worst / 2 - best / 2)
    return min(SHADES - 1, int(share * SHADES))
