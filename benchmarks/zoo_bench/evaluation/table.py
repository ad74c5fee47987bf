"""The scores of a report as lines of text, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_bench.words import number

HEAD = ("score", "value", "95 % interval", "floor", "at floor's n", "blurred", "measured with")


def lines(report: Mapping[str, Any]) -> list[str]:
    """A table of the scores, the share of time that each took, and the warnings. `report`: as `Evaluation.to_json` makes it."""
    instead_of = report["evaluator"].get("instead_of")
    mark = f" (instead of {instead_of})" if instead_of else ""
    second = report.get("second", {}).get("scores", ())
    rows = [HEAD, *(_row(score, mark) for score in report["scores"]), *(_row(score, "") for score in second)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return [*(_line(row, widths) for row in rows), _shares(report["seconds"]), *(f"warning: {w}" for w in report["warnings"])]


def _row(score: Mapping[str, Any], mark: str) -> tuple[str, ...]:
    low, high = score.get("low"), score.get("high")
    between = "" if low is None or high is None else f"{number(low, 3)} .. {number(high, 3)}"
    beside = ["" if score.get(key) is None else number(score[key], 3) for key in ("floor", "at_floor_n", "blurred")]
    value = "void" if score.get("void") else number(score["value"])
    return (score["name"], value, between, *beside, score["id"] + mark)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [
        row[0].ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)),
        row[-1],
    ]
    return "  ".join(cells).rstrip()


def _shares(seconds: Mapping[str, float]) -> str:
    total = sum(seconds.values())
    shares = sorted(((value / max(total, 1e-9), name) for name, value in seconds.items()), reverse=True)
    return f"{total:.1f} s: " + ", ".join(f"{name} {share:.0%}" for share, name in shares if share >= 0.005)
