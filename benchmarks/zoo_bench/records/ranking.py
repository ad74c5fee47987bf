"""Runs side by side by their scores: a ranking for each evaluator, so that scores of another identity never share a table."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from zoo_bench.records.scores import NAMES, Score, label

MOST_TOLD = 3  # pairs that two judges order differently
FIRST = ("kid", "fid", "recall")  # what ranks, and what fits into a terminal
T = TypeVar("T")


@dataclass(frozen=True)
class Ranking(Generic[T]):
    """What one evaluator measured.

    rows    what was scored, each with its scores by name; the best first by the leading score, what lacks it last.
    scores  one of each name, in the order in which they appear.
    """

    evaluator: str
    rows: Sequence[tuple[T, Mapping[str, Score]]]
    scores: Mapping[str, Score]

    @property
    def names(self) -> list[str]:
        """Of the scores: the one that ranks, then as in zoo_bench.records.scores.NAMES, then others."""
        return _ordered(self.scores)

    @property
    def lead(self) -> Score:
        """One of the scores that rank."""
        return self.scores[self.names[0]]

    @property
    def mark(self) -> str:
        """What stands behind the id of an evaluator that took the place of another one; "" where it did not."""
        absent = dict.fromkeys(score.instead_of for _, scores in self.rows for score in scores.values() if score.instead_of)
        return f" in place of {' and '.join(absent)}" if absent else ""

    @property
    def judge(self) -> str:
        """Name of the extractor in the id: `sprites` of `sprites-737x2000-a1b2c3`."""
        return self.evaluator.rsplit("-", 2)[0]

    @property
    def floors(self) -> dict[str, float]:
        """What real held-out images score, by name, where that was measured."""
        backwards = [score for _, scores in reversed(self.rows) for score in scores.values()]
        return {score.name: score.floor for score in backwards if score.floor is not None}

    def heading(self, name: str) -> str:
        """`KID ↓`."""
        return f"{label(name)} {self.scores[name].arrow}".strip()


def rankings(rows: Iterable[tuple[T, Iterable[Score]]]) -> list[Ranking[T]]:
    """One for each evaluator of the scores, in the order in which they appear."""
    found: dict[str, list[tuple[T, dict[str, Score]]]] = {}
    for row, scores in rows:
        own: dict[str, dict[str, Score]] = {}
        for score in scores:
            own.setdefault(score.evaluator, {})[score.name] = score
        for evaluator, named in own.items():
            found.setdefault(evaluator, []).append((row, named))
    return [_ranked(evaluator, scored) for evaluator, scored in found.items()]


def agreement(rankings: Sequence[Ranking[T]], name: Callable[[T], str]) -> list[str]:
    """What is to be said where two judges ranked the same rows: how far they agree, and which rows they order differently."""
    said = []
    for one, other in itertools.combinations(rankings, 2):
        lead = one.lead.name
        if one.judge == other.judge or lead != other.lead.name:
            continue
        theirs = {name(row): scores[lead].rank for row, scores in other.rows if lead in scores}
        both = [(name(row), scores[lead].rank) for row, scores in one.rows if lead in scores and name(row) in theirs]
        if len(both) < 2:
            continue
        turned = [
            f"{one.judge} puts {first} before {second}, {other.judge} {second} before {first}"
            for (first, a), (second, b) in itertools.combinations(both, 2)
            if a < b and theirs[first] > theirs[second]
        ]
        pair = f"{one.judge} and {other.judge}"
        if not turned:
            said.append(f"{pair} put these {len(both)} in the same order by {label(lead)}.")
        else:
            more = f", and {len(turned) - MOST_TOLD} more pairs" if len(turned) > MOST_TOLD else ""
            pairs = len(both) * (len(both) - 1) // 2
            head = f"{pair} disagree by {label(lead)} on the order of {len(turned)} of {pairs} pairs"
            said.append(f"{head}: {'; '.join(turned[:MOST_TOLD])}{more}.")
    return said


def seeds(scores: Mapping[str, Score]) -> int:
    """How many runs a row's scores are of."""
    return max(len(score.values) for score in scores.values())


def _ranked(evaluator: str, rows: Sequence[tuple[T, Mapping[str, Score]]]) -> Ranking[T]:
    every = {name: score for _, scores in reversed(rows) for name, score in scores.items()}
    every = {name: every[name] for _, scores in rows for name in scores}
    lead = _ordered(every)[0]
    return Ranking(evaluator, sorted(rows, key=lambda row: row[1][lead].rank if lead in row[1] else float("inf")), every)


def _ordered(names: Iterable[str]) -> list[str]:
    there = list(names)
    return [name for name in dict.fromkeys([*FIRST, *NAMES, *there]) if name in there]
