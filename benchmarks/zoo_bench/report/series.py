"""Curves out of the lines of metrics.jsonl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.run import Run, table
from zoo_bench.report.curves import Series

Record = tuple[Mapping[str, Any], Any]  # a line, and a value of it


def phases(run: Run) -> dict[str, list[str]]:
    """Phase -> names of its terms, in the order in which they appear."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for line in run.metrics for name in table(line, "terms")):
        found.setdefault(name.partition("/")[0] if "/" in name else "", []).append(name)
    return found


def term(run: Run, name: str, over: str = "iteration") -> Series:
    """A term such as `critic/penalty` over iterations, or over another number of each line."""
    label = text.words(name.partition("/")[2] or name)
    label = label[1:] + " (recorded only)" if label.startswith("~") else label
    return series(label, [(line, table(line, "terms")[name]) for line in run.metrics if name in table(line, "terms")], over)


def scores(run: Run, over: str = "iteration") -> dict[str, Series]:
    """Id of a score that was measured during training -> its curve."""
    ids = dict.fromkeys(id for line in run.metrics for id in table(line, "scores"))
    return {
        id: series(id, [(line, table(line, "scores")[id]) for line in run.metrics if id in table(line, "scores")], over)
        for id in ids
    }


def series(name: str, records: Iterable[Record], over: str = "iteration") -> Series:
    """The finite values; lines that lack the number they are drawn over are left out."""
    pairs = [(x, text.finite(value)) for line, value in records if (x := text.finite(line.get(over))) is not None]
    points = [(x, value) for x, value in pairs if value is not None]
    return Series(name, points, len(pairs) - len(points))
