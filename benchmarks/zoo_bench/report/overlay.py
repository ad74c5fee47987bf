"""Several curves in one chart, and points with their intervals in another; inline SVG in the colours of the page's style."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from zoo_bench import words as text
from zoo_bench.report.curves import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Axis,
    Chart,
    Series,
    Slice,
    across,
    canvas,
    frame,
    remarks,
    slices,
    ticks,
    vertical,
)
from zoo_bench.report.svg import tag

COLOURS = 8  # that the style has; more lines are grey
MOST = 80  # points of a line
NUMBER = 60  # the width of 1,000,000


@dataclass(frozen=True)
class Line:
    """A curve of one colour; lines of the same label have the same colour and stand in the legend once."""

    label: str
    series: Series


@dataclass(frozen=True)
class Point:
    """A number of the leaderboard at (x, y), with the ends of y's interval where it has one."""

    number: int
    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None


def overlay(title: str, lines: Sequence[Line], over: str = "images") -> Chart | None:
    """All curves on common axes, with a legend; None without a finite value."""
    drawn = [line for line in lines if line.series.points]
    if not drawn:
        return None
    parts = [slices(line.series.points, MOST) for line in drawn]
    low, high, cut = vertical(list(itertools.chain(*parts)))
    ends = [point[0] for line in drawn for point in (line.series.points[0], line.series.points[-1])]
    x, y = across(min(ends), max(ends)), Axis(low, high, BOTTOM, TOP)
    place = {label: number for number, label in enumerate(dict.fromkeys(line.label for line in drawn))}
    legend = tuple((label, f"c{number}" if number < COLOURS else "rest") for label, number in place.items())
    curves = [_curve(line.label, legend[place[line.label]][1], pieces, x, y) for line, pieces in zip(drawn, parts, strict=True)]
    points = [
        [x(p.x), y(p.mean), text.count(p.x), text.number(p.mean), place[line.label]]
        for line, pieces in zip(drawn, parts, strict=True)
        for p in pieces
    ]
    spoken = "; ".join(f"{line.label} {text.number(line.series.points[-1][1])}" for line in drawn[:COLOURS])
    svg = canvas([frame(x, y), tag("g", curves)], f"{title} over {over}; at the end: {spoken}", points, legend)
    return Chart(title, f"over {over}", svg, remarks(sum(line.series.lost for line in lines), cut), legend)


def scatter(title: str, over: str, points: Sequence[Point]) -> Chart | None:
    """Numbered points; x is on a logarithmic axis. None unless two points have an x above 0."""
    usable = [point for point in points if point.x > 0]
    if len(usable) < 2:
        return None
    logs = [math.log10(point.x) for point in usable]
    room = max((max(logs) - min(logs)) * 0.08, 0.02)
    x = Axis(min(logs) - room, max(logs) + room, LEFT + 6, RIGHT - 10)
    values = [v for point in usable for v in (point.y, point.low, point.high) if v is not None]
    margin = (max(values) / 2 - min(values) / 2) * 0.2 or max(abs(values[0]) * 0.1, 1e-9)
    y = Axis(min(values) - margin, max(values) + margin, BOTTOM, TOP)
    marks = [tag("text", text.number(10**at, 3), x=x(at), y=BOTTOM + 20, text_anchor="middle") for at in _apart(x)]
    shapes = [_point(point, x(at), y) for point, at in zip(usable, logs, strict=True)]
    spoken = "; ".join(f"{p.number}: {text.number(p.x)} and {text.number(p.y)}" for p in usable[:20])
    svg = canvas(
        [_rules(y), tag("g", marks, aria_hidden="true"), tag("g", shapes)],
        f"{title} over {over}; row, {over}, {title}: {spoken}",
        [[x(logs[place]), y(p.y), text.number(p.x), text.number(p.y), place] for place, p in enumerate(usable)],
        [[f"{p.number} {p.name}", ""] for p in usable],
    )
    return Chart(title, f"over {over}", svg)


def _curve(label: str, colour: str, pieces: Sequence[Slice], x: Axis, y: Axis) -> Markup:
    if len(pieces) == 1:
        return tag("circle", tag("title", label), cx=x(pieces[0].x), cy=y(pieces[0].mean), r=3, class_=f"dot {colour}")
    path = " ".join(f"{x(p.x)},{y(p.mean)}" for p in pieces)
    return tag("path", tag("title", label), d=f"M{path}", class_=f"curve {colour}")


def _point(point: Point, at: float, y: Axis) -> Markup:
    low, high = point.low, point.high
    whisker = (
        tag("line", x1=at, x2=at, y1=y(low), y2=y(high), class_="whisker") if low is not None and high is not None else None
    )
    label = tag("text", point.number, x=at + 6, y=y(point.y) + 4, class_="label")
    return tag(
        "g",
        tag("title", f"{point.number} {point.name}"),
        whisker,
        tag("circle", cx=at, cy=y(point.y), r=3.5, class_="dot"),
        label,
    )


def _rules(y: Axis) -> Markup:
    lines = []
    for value in ticks(y.low, y.high):
        lines.append(tag("line", x1=LEFT, x2=RIGHT, y1=y(value), y2=y(value), class_="rule"))
        lines.append(tag("text", text.number(value), x=LEFT - 7, y=y(value) + 4, text_anchor="end"))
    return tag("g", lines, aria_hidden="true")


def _apart(x: Axis) -> list[float]:
    """Marks of a logarithmic axis, without those whose numbers would run into one another."""
    kept: list[float] = []
    for at in _decades(x.low, x.high):
        if not kept or x(at) - x(kept[-1]) >= NUMBER:
            kept.append(at)
    return kept


def _decades(low: float, high: float) -> list[float]:
    """Logarithms of 1, 2 and 5 times powers of ten in [low, high]; of powers of ten alone where these are many."""
    for digits in ((1,), (1, 2, 5)) if high - low > 2 else ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)):
        found = [
            at for e in range(math.floor(low), math.ceil(high) + 1) for d in digits if low <= (at := e + math.log10(d)) <= high
        ]
        if len(found) >= 2:
            return found[:: math.ceil(len(found) / 6)]
    return [(low + high) / 2]
