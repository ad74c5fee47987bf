"""Several curves in one chart, and points with their intervals in another; inline SVG in the colours of the page's style."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from zoo_bench import words as text
from zoo_bench.report.curves import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Series, frame, slices, ticks, vertical
from zoo_bench.report.markup import Html, tag

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


def overlay(title: str, lines: Sequence[Line], over: str = "images") -> Html | None:
    """A <figure> with all curves on common axes and a legend; None without a finite value."""
    drawn = [line for line in lines if line.series.points]
    if not drawn:
        return None
    parts = [slices(line.series.points, MOST) for line in drawn]
    low, high, cut = vertical(list(itertools.chain(*parts)))
    ends = [point[0] for line in drawn for point in (line.series.points[0], line.series.points[-1])]
    x = Axis(min(ends), max(ends), LEFT, RIGHT) if max(ends) > min(ends) else Axis(ends[0] - 1, ends[0] + 1, LEFT, RIGHT)
    y = Axis(low, high, BOTTOM, TOP)
    colours = {label: _colour(place) for place, label in enumerate(dict.fromkeys(line.label for line in drawn))}
    curves = []
    for line, pieces in zip(drawn, parts, strict=True):
        path = " ".join(f"{x(p.x)},{y(p.mean)}" for p in pieces)
        shape = (
            tag("path", tag("title", line.label), d=f"M{path}", class_=f"curve {colours[line.label]}")
            if len(pieces) > 1
            else tag(
                "circle",
                tag("title", line.label),
                cx=x(pieces[0].x),
                cy=y(pieces[0].mean),
                r=3,
                class_=f"dot {colours[line.label]}",
            )
        )
        curves.append(shape)
    place = {label: number for number, label in enumerate(colours)}
    points = [
        [x(p.x), y(p.mean), text.count(p.x), text.number(p.mean), place[line.label]]
        for line, pieces in zip(drawn, parts, strict=True)
        for p in pieces
    ]
    legend = [tag("li", tag("span", class_=f"key {colour}"), label) for label, colour in colours.items()]
    spoken = "; ".join(f"{line.label} {text.number(line.series.points[-1][1])}" for line in drawn[:COLOURS])
    lost = sum(line.series.lost for line in lines)
    notes = [f"{text.plural(lost, 'value')} not finite"] if lost else []
    notes += ["spikes cut off"] if cut else []
    return tag(
        "figure",
        _caption(title, over),
        tag(
            "svg",
            frame(x, y),
            tag("g", curves),
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            role="img",
            aria_label=f"{title} over {over}; at the end: {spoken}",
            data_top=TOP,
            data_bottom=BOTTOM,
            data_points=_json(points),
            data_names=_json([[label, colour] for label, colour in colours.items()]),
        ),
        tag("ul", legend, class_="legend") if len(colours) > 1 else None,
        tag("p", "; ".join(notes), class_="hint") if notes else None,
        class_="chart",
    )


def scatter(title: str, across: str, points: Sequence[Point]) -> Html | None:
    """A <figure> of numbered points; x is on a logarithmic axis. None unless two points have an x above 0."""
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
    shapes = [_point(point, x(math.log10(point.x)), y) for point in usable]
    spoken = "; ".join(f"{p.number}: {text.number(p.x)} and {text.number(p.y)}" for p in usable[:20])
    return tag(
        "figure",
        _caption(title, across),
        tag(
            "svg",
            _rules(y),
            tag("g", marks, aria_hidden="true"),
            tag("g", shapes),
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            role="img",
            aria_label=f"{title} over {across}; row, {across}, {title}: {spoken}",
            data_top=TOP,
            data_bottom=BOTTOM,
            data_points=_json(
                [[x(math.log10(p.x)), y(p.y), text.number(p.x), text.number(p.y), place] for place, p in enumerate(usable)]
            ),
            data_names=_json([[f"{p.number} {p.name}", ""] for p in usable]),
        ),
        class_="chart",
    )


def _caption(title: str, over: str) -> Html:
    """What a script writes the value under the pointer into, and back."""
    now = f"over {over}"
    return tag("figcaption", tag("span", title, class_="name"), tag("span", now, class_="now", data_last=now))


def _json(values: object) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def _point(point: Point, across: float, y: Axis) -> Html:
    low, high = point.low, point.high
    whisker = (
        tag("line", x1=across, x2=across, y1=y(low), y2=y(high), class_="whisker")
        if low is not None and high is not None
        else None
    )
    label = tag("text", point.number, x=across + 6, y=y(point.y) + 4, class_="label")
    return tag(
        "g",
        tag("title", f"{point.number} {point.name}"),
        whisker,
        tag("circle", cx=across, cy=y(point.y), r=3.5, class_="dot"),
        label,
    )


def _rules(y: Axis) -> Html:
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


def _colour(place: int) -> str:
    return f"c{place}" if place < COLOURS else "rest"
