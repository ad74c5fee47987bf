"""Shapes in unit coordinates, as fields: below 0 inside, about -1 at the middle, 0 on the edge.

x grows to the right and y downwards; a sprite is about 2 units wide. A field has no pixels, so one shape is drawn crisp
at every size, and its slope is the surface normal that the canvas shades with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = tuple[float, float]
Bounds = tuple[float, float, float, float]


class Shape(Protocol):
    """A region of the plane."""

    def bounds(self) -> Bounds:
        """(left, top, right, bottom), nothing of the shape outside."""

    def field(self, x: Array, y: Array, pixel: float) -> Array:
        """x (1, W), y (H, 1) -> (H, W). `pixel` is the width of a pixel, so that thin strokes do not vanish."""

    def mirrored(self, axis: float = 0.0) -> Shape:
        """The reflection of the shape in the vertical line at x = `axis`."""


@dataclass(frozen=True)
class Oval:
    """An ellipse. `power` above 2 makes it boxy; `egg` above 0 makes it wider below the middle, below 0 wider above."""

    cx: float
    cy: float
    rx: float
    ry: float
    turn: float = 0.0  # radians, clockwise on the screen
    power: float = 2.0
    egg: float = 0.0
    least: float = 0.0  # pixels: no radius is smaller, so that eyes do not vanish

    def bounds(self) -> Bounds:
        reach_x = self.rx * (1 + abs(self.egg) * 0.35)
        if self.turn:
            c, s = abs(math.cos(self.turn)), abs(math.sin(self.turn))
            reach_x, reach_y = reach_x * c + self.ry * s, reach_x * s + self.ry * c
        else:
            reach_y = self.ry
        return self.cx - reach_x, self.cy - reach_y, self.cx + reach_x, self.cy + reach_y

    def field(self, x: Array, y: Array, pixel: float) -> Array:
        dx, dy = x - self.cx, y - self.cy
        if self.turn:
            c, s = math.cos(self.turn), math.sin(self.turn)
            dx, dy = dx * c + dy * s, dy * c - dx * s
        u, v = dx / max(self.rx, self.least * pixel), dy / max(self.ry, self.least * pixel)
        if self.egg:
            u = u / (1 + self.egg * np.minimum(np.maximum(v, -1), 1))
        if self.power == 2.0:
            k = np.sqrt(u * u + v * v)
        else:
            k = (np.abs(u) ** self.power + np.abs(v) ** self.power) ** (1 / self.power)
        return np.asarray(k - 1)

    def mirrored(self, axis: float = 0.0) -> Oval:
        return replace(self, cx=2 * axis - self.cx, turn=-self.turn)

    def at(self, degrees: float, reach: float = 1.0) -> Point:
        """The point on the rim in a direction: 0 is right, 90 is up."""
        angle = math.radians(degrees)
        u, v = math.cos(angle), -math.sin(angle)
        k = (abs(u) ** self.power + abs(v) ** self.power) ** (-1 / self.power)
        u, v = u * k * reach * (1 + self.egg * v * k), v * k * reach
        c, s = math.cos(self.turn), math.sin(self.turn)
        return self.cx + u * self.rx * c - v * self.ry * s, self.cy + u * self.rx * s + v * self.ry * c


@dataclass(frozen=True)
class Tube:
    """A chain of round cones: limbs, tails, horns, leaves. A radius of 0 makes a sharp tip."""

    points: tuple[Point, ...]
    radii: tuple[float, ...]
    thin: bool = False  # a stroke: never narrower than a pixel

    def bounds(self) -> Bounds:
        return (
            min(p[0] - r for p, r in zip(self.points, self.radii, strict=True)),
            min(p[1] - r for p, r in zip(self.points, self.radii, strict=True)),
            max(p[0] + r for p, r in zip(self.points, self.radii, strict=True)),
            max(p[1] + r for p, r in zip(self.points, self.radii, strict=True)),
        )

    def field(self, x: Array, y: Array, pixel: float) -> Array:
        points, radii = np.array(self.points), np.array(self.radii)[:, None, None]
        ax, ay = points[:-1, 0, None, None], points[:-1, 1, None, None]
        ex, ey = points[1:, 0, None, None] - ax, points[1:, 1, None, None] - ay
        scale = 1 / (ex * ex + ey * ey + 1e-12)
        dx, dy = x - ax, y - ay  # (segments, 1, W), (segments, H, 1)
        t = dx * (ex * scale) + dy * (ey * scale)
        np.maximum(t, 0, out=t)
        np.minimum(t, 1, out=t)
        across, down = dx - t * ex, dy - t * ey
        across *= across
        down *= down
        across += down
        t *= radii[1:] - radii[:-1]
        t += radii[:-1]
        np.maximum(t, 0.55 * pixel if self.thin else 0.004, out=t)
        t *= t
        across /= t
        return np.asarray(np.sqrt(across.min(axis=0)) - 1)

    def mirrored(self, axis: float = 0.0) -> Tube:
        return replace(self, points=tuple((2 * axis - px, py) for px, py in self.points))


@dataclass(frozen=True)
class Poly:
    """A polygon, shaded like a cut stone: every side is a facet. Its corners may turn either way."""

    points: tuple[Point, ...]
    inradius: float = 0.0  # depth at which the field reaches -1; 0 takes a third of the smaller side

    def bounds(self) -> Bounds:
        xs, ys = [p[0] for p in self.points], [p[1] for p in self.points]
        return min(xs), min(ys), max(xs), max(ys)

    def field(self, x: Array, y: Array, pixel: float) -> Array:
        inside = np.zeros((y.shape[0], x.shape[1]), dtype=bool)
        nearest = np.full(inside.shape, np.inf)
        for (ax, ay), (bx, by) in zip(self.points, (*self.points[1:], self.points[0]), strict=True):
            ex, ey = bx - ax, by - ay
            dx, dy = x - ax, y - ay
            scale = 1 / (ex * ex + ey * ey + 1e-12)
            t = np.minimum(np.maximum(dx * (ex * scale) + dy * (ey * scale), 0), 1)
            across, down = dx - t * ex, dy - t * ey
            np.minimum(nearest, across * across + down * down, out=nearest)
            if ay != by:
                inside ^= ((ay > y) != (by > y)) & (dx < ex * (dy / ey))
        left, top, right, bottom = self.bounds()
        scale = self.inradius or min(right - left, bottom - top) / 3 or 1.0
        away = np.sqrt(nearest) / scale
        return np.asarray(np.where(inside, -away, away + 1e-9))

    def mirrored(self, axis: float = 0.0) -> Poly:
        return replace(self, points=tuple((2 * axis - px, py) for px, py in self.points))


@dataclass(frozen=True)
class Union:
    """Shapes melted together; `blend` is how soft the seams are, 0 for none."""

    shapes: tuple[Shape, ...]
    blend: float = 0.4

    def bounds(self) -> Bounds:
        boxes = [shape.bounds() for shape in self.shapes]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)

    def field(self, x: Array, y: Array, pixel: float) -> Array:
        total = self.shapes[0].field(x, y, pixel)
        for shape in self.shapes[1:]:
            other = shape.field(x, y, pixel)
            if self.blend:
                h = np.minimum(np.maximum((total - other) * (0.5 / self.blend) + 0.5, 0), 1)
                total = total + (other - total) * h - self.blend * h * (1 - h)
            else:
                total = np.minimum(total, other)
        return np.asarray(total)

    def mirrored(self, axis: float = 0.0) -> Union:
        return replace(self, shapes=tuple(shape.mirrored(axis) for shape in self.shapes))


@dataclass(frozen=True)
class Below:
    """`shape` without what lies above the line through (x, y); the line falls by `slope` per unit to the right."""

    shape: Shape
    x: float
    y: float
    slope: float = 0.0

    def bounds(self) -> Bounds:
        return self.shape.bounds()

    def field(self, x: Array, y: Array, pixel: float) -> Array:
        above = (self.y + self.slope * (x - self.x)) - y
        return np.asarray(np.maximum(self.shape.field(x, y, pixel), above * 4))

    def mirrored(self, axis: float = 0.0) -> Below:
        return Below(self.shape.mirrored(axis), 2 * axis - self.x, self.y, -self.slope)


def curve(points: Sequence[Point], steps: int = 8) -> tuple[Point, ...]:
    """`steps` + 1 points of the Bezier curve with these control points."""
    found = []
    for i in range(steps + 1):
        t, level = i / steps, list(points)
        while len(level) > 1:
            level = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in pairwise(level)]
        found.append(level[0])
    return tuple(found)


def taper(start: float, end: float, steps: int = 8, bulge: float = 0.0) -> tuple[float, ...]:
    """`steps` + 1 radii from `start` to `end`, thicker by `bulge` half-way."""
    return tuple(start + (end - start) * i / steps + bulge * math.sin(math.pi * i / steps) for i in range(steps + 1))


def leaf(x: float, y: float, degrees: float, length: float, width: float, bend: float = 0.0, steps: int = 6) -> Tube:
    """A pointed blade from (x, y) in a direction (90 is up), `width` across, its tip bent by `bend` degrees."""
    a, b = math.radians(degrees), math.radians(degrees + bend)
    middle = (x + math.cos(a) * length * 0.5, y - math.sin(a) * length * 0.5)
    tip = (middle[0] + math.cos(b) * length * 0.5, middle[1] - math.sin(b) * length * 0.5)
    profile = tuple(max(0.0, width / 2 * (math.sin(math.pi * (0.22 + 0.78 * i / steps) ** 0.8))) for i in range(steps + 1))
    return Tube(curve(((x, y), middle, tip), steps), profile)


def horn(x: float, y: float, degrees: float, length: float, width: float, bend: float = 0.0, steps: int = 6) -> Tube:
    """A cone from (x, y) in a direction (90 is up), `width` across at its foot, its tip bent by `bend` degrees."""
    a, b = math.radians(degrees), math.radians(degrees + bend)
    middle = (x + math.cos(a) * length * 0.5, y - math.sin(a) * length * 0.5)
    tip = (middle[0] + math.cos(b) * length * 0.5, middle[1] - math.sin(b) * length * 0.5)
    return Tube(curve(((x, y), middle, tip), steps), taper(width / 2, 0.0, steps))


def star(x: float, y: float, radius: float, points: int = 5, inner: float = 0.45, turn: float = 90.0) -> Poly:
    """A star with `points` tips, its notches at `inner` of the radius."""
    corners = []
    for i in range(2 * points):
        angle, reach = math.radians(turn + 180 * i / points), radius * (inner if i % 2 else 1.0)
        corners.append((x + math.cos(angle) * reach, y - math.sin(angle) * reach))
    return Poly(tuple(corners), radius * 0.5)


def bolt(x: float, y: float, degrees: float, length: float, width: float) -> Poly:
    """A lightning bolt from (x, y) in a direction (90 is up)."""
    outline = ((0, -0.08), (0.55, -0.46), (0.52, -0.08), (1, -0.22), (0.4, 0.46), (0.44, 0.08), (0, 0.3))
    c, s = math.cos(math.radians(degrees)), -math.sin(math.radians(degrees))
    return Poly(
        tuple((x + u * length * c - v * width * s, y + u * length * s + v * width * c) for u, v in outline), width * 0.3
    )


def shard(x: float, y: float, degrees: float, length: float, width: float) -> Poly:
    """A crystal from (x, y) in a direction (90 is up)."""
    outline = ((-0.05, -0.3), (0.62, -0.5), (1, 0.0), (0.62, 0.5), (-0.05, 0.3))
    c, s = math.cos(math.radians(degrees)), -math.sin(math.radians(degrees))
    return Poly(
        tuple((x + u * length * c - v * width * s, y + u * length * s + v * width * c) for u, v in outline), width * 0.45
    )


def gem(x: float, y: float, rx: float, ry: float) -> Poly:
    """A diamond standing on its tip."""
    return Poly(((x, y - ry), (x + rx, y), (x, y + ry), (x - rx, y)), min(rx, ry) * 0.6)


def pebble(x: float, y: float, rx: float, ry: float, turn: float = 0.0, sides: int = 6) -> Poly:
    """A stone with flat sides."""
    corners = []
    for i in range(sides):
        angle = math.radians(turn) + 2 * math.pi * i / sides
        corners.append((x + math.cos(angle) * rx, y - math.sin(angle) * ry))
    return Poly(tuple(corners), min(rx, ry) * 0.7)
