"""The pieces of a run's page: curves, numbers, markup, pictures."""

import json
import math
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from zoo_bench import words as text
from zoo_bench.report import curves, pictures
from zoo_bench.report.curves import Series, chart, slices, ticks
from zoo_bench.report.overlay import NUMBER, Point, scatter
from zoo_bench.report.svg import join, tag
from zoo_core.pictures.grid import GUTTER, grid, write_png


def drawn(figure):
    """The points of a chart's line, in picture coordinates."""
    path = next(p for p in ElementTree.fromstring(figure.svg).iter("path") if p.get("class") == "curve").get("d")
    return [tuple(map(float, pair.split(","))) for pair in path[1:].split()]


def test_a_line_goes_through_its_points():
    points = [(0, 0.0), (50, 10.0), (100, 5.0)]
    found = drawn(chart(Series("loss", points)))
    assert [x for x, _ in found] == [curves.LEFT, (curves.LEFT + curves.RIGHT) / 2, curves.RIGHT]
    ys = [y for _, y in found]
    assert ys[0] == curves.BOTTOM and ys[1] < ys[2] < ys[0]
    assert ys[2] == pytest.approx((ys[0] + ys[1]) / 2, abs=0.11)  # linear, to the rounding of a tenth


def test_what_cannot_be_seen_is_said():
    figure = chart(Series("loss", [(0, 4.0), (10, 2.5)], lost=3), "critic")
    assert figure.notes == ("3 values not finite",)
    label = ElementTree.fromstring(figure.svg).get("aria-label")
    assert label == "critic loss: 4 at iteration 0, 2.5 at iteration 10, between 2.5 and 4"
    assert chart(Series("loss", [], lost=2)).now == "no finite value in 2 records"


def test_a_spike_does_not_flatten_the_rest():
    points = [(i, 1e6 if i == 7 else math.sin(i / 20)) for i in range(600)]
    figure = chart(Series("loss", points))
    assert "spikes cut off" in figure.notes
    ys = [y for _, y in drawn(figure)][5:]
    assert max(ys) - min(ys) > (curves.BOTTOM - curves.TOP) / 2
    assert not chart(Series("loss", [(i, math.sin(i / 20)) for i in range(600)])).notes


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=400))
def test_any_finite_series_stays_on_the_picture(values):
    figure = chart(Series("loss", list(enumerate(values))))
    svg = ElementTree.fromstring(figure.svg)
    if len(values) > 1:
        for x, y in drawn(figure):
            assert curves.LEFT <= x <= curves.RIGHT and curves.TOP <= y <= curves.BOTTOM
    assert len(json.loads(svg.get("data-points"))) == min(len(values), curves.MOST)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=1000), st.integers(1, 50))
def test_slices_lose_no_point(values, most):
    parts = slices([(i, float(v)) for i, v in enumerate(values)], most)
    assert len(parts) == min(most, len(values))
    assert min(p.low for p in parts) == min(values) and max(p.high for p in parts) == max(values)
    assert all(p.low <= p.mean + 1e-9 and p.mean <= p.high + 1e-9 for p in parts)
    assert [p.x for p in parts] == sorted(p.x for p in parts)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_and_inside(low, span):
    found = ticks(low, low + span)
    assert 3 <= len(found) <= 9
    assert all(low - span * 1e-6 <= value <= low + span * (1 + 1e-6) for value in found)
    steps = [Decimal(repr(b)) - Decimal(repr(a)) for a, b in pairwise(found)]
    assert len(set(steps)) == 1
    assert steps[0].normalize().as_tuple().digits in {(1,), (2,), (5,)}
    assert all(Decimal(repr(value)) % steps[0] == 0 for value in found)


@pytest.mark.parametrize(
    "values", [(100.0011, 100.0014), (0.0, 5e-324), (1.7e308, -1.7e308), (1.7e308, 1.7e308), (1e16, 1e16 + 2)]
)
def test_labels_of_an_axis_differ(values):
    svg = ElementTree.fromstring(chart(Series("loss", list(enumerate(values)))).svg)
    labels = [t.text for t in svg.iter("text") if t.get("text-anchor") == "end" and float(t.get("x")) < curves.LEFT]
    assert len(labels) >= 3 and len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.042134, "0.04213"),
        (1234.5678, "1,235"),
        (12345678, "12,345,678"),
        (-0.5, "\N{MINUS SIGN}0.5"),
        (0, "0"),
        (2e-4, "0.0002"),
        (5e-5, "0.00005"),
        (3.14159e-7, "3.14e\N{MINUS SIGN}7"),
        (2.5e12, "2.50e12"),
        (100, "100"),
        (None, "\N{EN DASH}"),
        (math.nan, "not a number"),
        (math.inf, "∞"),
        (-math.inf, "\N{MINUS SIGN}∞"),
        (True, "not a number"),
        ("text", "not a number"),
    ],
)
def test_numbers(value, expected):
    assert text.number(value) == expected


@pytest.mark.parametrize(
    ("value", "spread", "expected"),
    [
        (0.04213, 0.0013, "0.0421 ± 0.0013"),
        (83.417, 1.92, "83.4 ± 1.9"),
        (1234.5, 45.6, "1,234 ± 46"),
        (0.5, None, "0.5"),
        (0.5, math.nan, "0.5"),
        (0.5, 0.0, "0.5 ± 0"),
        (None, 0.1, "\N{EN DASH}"),
    ],
)
def test_values_are_cut_where_their_spread_ends(value, spread, expected):
    assert text.measured(value, spread) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.52, "0.5 s"), (42, "42 s"), (59.7, "1 min"), (725, "12 min 5 s"), (7200, "2 h"), (7384, "2 h 3 min"), (3599.9, "1 h")],
)
def test_durations(seconds, expected):
    assert text.duration(seconds) == expected


def test_svg_is_escaped_unless_made_here():
    assert tag("text", "a < b & c", data_name='"<') == '<text data-name="&#34;&lt;">a &lt; b &amp; c</text>'
    assert join("<", tag("g", 1), None, ["&", Markup("<i>")]) == "&lt;<g>1</g>&amp;<i>"
    assert tag("path", d="{0}{x}", class_=None) == '<path d="{0}{x}"></path>'


@given(st.integers(1, 60), st.integers(3, 40), st.integers(1, 3))
def test_the_tiles_of_a_grid_are_found(count, side, scale):
    images = np.zeros((count, side, side, 3), np.uint8)
    height, width, _ = grid(images, scale=scale).shape
    columns, lines, found = pictures.tiles((width, height), side)
    assert side * found * columns + GUTTER * (columns - 1) == width
    assert side * found * lines + GUTTER * (lines - 1) == height
    part = pictures.corner((width, height), side)
    assert part[0] <= width and part[1] <= height
    across, rest = divmod(part[0] + GUTTER, side * found + GUTTER)
    assert rest == 0 and min(columns, 2) <= across <= min(columns, 4)


def test_moments_are_spread_out():
    assert pictures.spread_out(range(5), 8) == [0, 1, 2, 3, 4]
    chosen = pictures.spread_out(range(100), 8)
    assert chosen[0] == 0 and chosen[-1] == 99 and len(set(chosen)) == 8
    assert max(np.diff(chosen)) - min(np.diff(chosen)) <= 2


def test_a_huge_picture_is_shrunk(tmp_path):
    write_png(np.zeros((1, 5200, 3), np.uint8), tmp_path / "wide.png")
    assert pictures.load(tmp_path / "wide.png").width == pictures.LARGEST


@given(low=st.floats(0, 8), span=st.floats(0.02, 9))
def test_numbers_of_a_logarithmic_axis_do_not_run_into_one_another(low, span):
    figure = scatter("KID", "parameters", [Point(1, "a", 10**low, 0.0), Point(2, "b", 10 ** (low + span), 1.0)])
    marks = [
        float(mark.get("x")) for mark in ElementTree.fromstring(figure.svg).iter("text") if mark.get("text-anchor") == "middle"
    ]
    assert all(right - left >= NUMBER for left, right in pairwise(marks))
