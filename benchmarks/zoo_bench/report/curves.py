"""Line charts as inline SVG. Colours come from the page's style, so that they follow light and dark mode."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from zoo_bench.report.svg import tag
from zoo_bench.words import count, number, plural

WIDTH, HEIGHT = 420, 190
LEFT, RIGHT, TOP, BOTTOM = 52, 412, 10, 162  # the plotted area
MOST = 150  # points of a drawn line; longer series are drawn as the mean and the range of so many slices


@dataclass(frozen=True)
class Series:
    """A curve over iterations. `points` are (iteration, value) with finite values in order; `lost` counts the others."""

    name: str
    points: Sequence[tuple[float, float]]
    lost: int = 0


@dataclass(frozen=True)
class Slice:
    """Neighbouring points drawn as one."""

    x: float
    low: float
    mean: float
    high: float


@dataclass(frozen=True)
class Axis:
    """Maps [low, high] to [start, end] on the picture."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        # Halved and clipped, so that a loss near the end of the floats stays on the picture.
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return round(self.start + min(max(share, 0.0), 1.0) * (self.end - self.start), 1)


def slices(points: Sequence[tuple[float, float]], most: int = MOST) -> list[Slice]:
    """At most `most` runs of neighbouring points, of equal length up to one point."""
    parts = min(len(points), most)
    found = []
    for i in range(parts):
        part = points[i * len(points) // parts : (i + 1) * len(points) // parts]
        values = [value for _, value in part]
        x, mean = (math.fsum(v / len(part) for v in column) for column in zip(*part, strict=True))
        found.append(Slice(x, min(values), mean, max(values)))
    return found


def ticks(low: float, high: float, least: int = 3) -> list[float]:
    """At least `least` round numbers (1, 2 or 5 times a power of ten apart) that lie in [low, high]; [] if it is empty."""
    span = high / 4 - low / 4
    if not span > 0 or not math.isfinite(span):
        return []
    power = math.floor(math.log10(span))
    for digit, exponent in ((1, power + 1), (5, power), (2, power), (1, power), (5, power - 1), (2, power - 1)):
        step = float(f"{digit}e{exponent}")
        if step == 0:
            break
        numbers = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        if len(numbers) >= least:
            # Through the decimal text, so that 3 * 0.1 is 0.3.
            return [float(f"{n * digit}e{exponent}") for n in numbers]
    return []


def vertical(parts: Sequence[Slice]) -> tuple[float, float, bool]:
    """(low, high, cut) of the vertical axis. A few spikes that would flatten all the rest are cut off."""
    low, high = min(p.low for p in parts), max(p.high for p in parts)
    means = sorted(p.mean for p in parts)
    edge = len(means) // 50  # two in a hundred on either side
    usual_low, usual_high = means[edge], means[-1 - edge]
    room = (usual_high - usual_low) * 0.25
    cut = usual_high > usual_low and high / 8 - low / 8 > usual_high - usual_low
    if cut:
        low, high = max(low, usual_low - room), min(high, usual_high + room)
    largest = max(abs(low), abs(high))
    if high / 2 - low / 2 <= max(largest * 1e-9, 1e-280):  # constant, as far as floats and labels can tell
        room = largest * 0.1 if largest > 1e-280 else 1.0
        low, high, cut = low - room, high + room, False
    else:
        room = high * 0.06 - low * 0.06
        low, high = (low - room if low < 0 or low > room else low), high + room  # what is never negative has no negative axis
    return max(low, -sys.float_info.max), min(high, sys.float_info.max), cut


@dataclass(frozen=True)
class Chart:
    """A picture with its words: `now` stands where a script writes the value under the pointer, `legend` is (label, colour)."""

    title: str
    now: str
    svg: Markup | None = None
    notes: tuple[str, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()


def chart(series: Series, what: str = "") -> Chart:
    """The curve, its last value as text, and what a reader who does not see it has to know."""
    if not series.points:
        return Chart(series.name, f"no finite value in {plural(series.lost, 'record')}" if series.lost else "no values")
    parts = slices(series.points)
    low, high, cut = vertical(parts)
    x, y = across(series.points[0][0], series.points[-1][0]), Axis(low, high, BOTTOM, TOP)
    points = [[x(p.x), y(p.mean), count(p.x), number(p.mean)] for p in parts]
    svg = canvas([frame(x, y), _curve(parts, x, y)], _spoken(series, what), points)
    return Chart(series.name, number(series.points[-1][1]), svg, remarks(series.lost, cut))


def canvas(shapes: Sequence[Markup], spoken: str, points: Sequence[object], names: Sequence[object] | None = None) -> Markup:
    """The <svg>. `points` are what a script shows under the pointer: x, y and two texts, then a place in `names`, if given."""
    return tag(
        "svg",
        shapes,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=spoken,
        data_top=TOP,
        data_bottom=BOTTOM,
        data_points=_json(points),
        data_names=None if names is None else _json(names),
    )


def across(start: float, end: float) -> Axis:
    """The horizontal axis; a single number stands in its middle."""
    return Axis(start, end, LEFT, RIGHT) if end > start else Axis(start - 1, start + 1, LEFT, RIGHT)


def remarks(lost: int, cut: bool) -> tuple[str, ...]:
    """What a chart leaves out."""
    return (*([f"{plural(lost, 'value')} not finite"] if lost else []), *(["spikes cut off"] if cut else []))


def frame(x: Axis, y: Axis) -> Markup:
    """The rules and numbers of two axes."""
    marks = []
    values = ticks(y.low, y.high)
    digits = _digits(values)
    for value in values:
        at = y(value)
        marks.append(tag("line", x1=LEFT, x2=RIGHT, y1=at, y2=at, class_="zero" if value == 0 else "rule"))
        marks.append(tag("text", number(value, digits), x=LEFT - 7, y=at + 4, text_anchor="end"))
    across = [value for value in ticks(x.low, x.high) if value == round(value)]
    shorten = max(map(abs, across), default=0) >= 10_000
    for value in across:
        anchor = "end" if x(value) > RIGHT - 14 else "middle"
        label = f"{number(value / 1000)}k" if shorten and value else count(value)
        marks.append(tag("text", label, x=x(value), y=BOTTOM + 20, text_anchor=anchor))
    return tag("g", marks, class_="frame", aria_hidden="true")


def _json(values: object) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def _digits(values: Sequence[float]) -> int:
    """Significant digits that tell evenly spaced values apart."""
    if len(values) < 2:
        return 3
    largest = max(map(abs, values))
    return max(3, math.floor(math.log10(largest)) - math.floor(math.log10(values[1] / 2 - values[0] / 2)) + 2)


def _curve(parts: Sequence[Slice], x: Axis, y: Axis) -> Markup:
    line = " ".join(f"{x(p.x)},{y(p.mean)}" for p in parts)
    if len(parts) == 1:
        return tag("circle", cx=x(parts[0].x), cy=y(parts[0].mean), r=3, class_="dot")
    above = " ".join(f"{x(p.x)},{y(p.high)}" for p in parts)
    below = " ".join(f"{x(p.x)},{y(p.low)}" for p in reversed(parts))
    band = any(p.high > p.low for p in parts)
    return tag(
        "g",
        tag("path", d=f"M{above} {below}Z", class_="band") if band else None,
        tag("path", d=f"M{line}", class_="curve"),
    )


def _spoken(series: Series, what: str) -> str:
    (first, before), (last, after) = series.points[0], series.points[-1]
    values = [value for _, value in series.points]
    return (
        f"{what} {series.name}: {number(before)} at iteration {count(first)}, {number(after)} at iteration {count(last)}, "
        f"between {number(min(values))} and {number(max(values))}".strip()
    )
