"""Intervals of shares, of the copying test and of FID-infinity: closed forms by hand, and how often they hold the truth."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo_bench.evaluation.copies import as_z_score, mann_whitney
from zoo_bench.evaluation.evaluate import evaluate
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.fidelity import precision_recall
from zoo_bench.evaluation.frechet import extrapolated, moments
from zoo_bench.evaluation.intervals import copying_interval, share_below, wilson
from zoo_bench.evaluation.jackknife import FEW_GROUPS, WIDTH, extrapolation_error, standard_error
from zoo_bench.evaluation.neighbours import diversity
from zoo_bench.evaluation.sets import Features
from zoo_core.images import Images
from zoo_core.space import Space

NORMAL = NormalDist()


def z_score(judged, usual):
    """C_T's z of one cell as in its paper, pair by pair."""
    m, n = len(judged), len(usual)
    u = sum((x > y) + (x == y) / 2 for x in judged for y in usual)
    return (u - m * n / 2) / math.sqrt(m * n * (m + n + 1) / 12)


@given(st.integers(1, 3000), st.data())
def test_wilson_ends_where_the_score_test_ends(count, data):
    share = data.draw(st.integers(0, count)) / count
    low, high = wilson(share, count)
    assert 0 <= low <= share <= high <= 1 and high - low > 0
    for end in (low, high):  # |share - p| is 1.96 standard deviations at p, unless it was cut off at 0 or 1
        if 1e-9 < end < 1 - 1e-9:
            assert abs(share - end) == pytest.approx(WIDTH * math.sqrt(end * (1 - end) / count), rel=1e-6)


@pytest.mark.parametrize("p", [0.03, 0.4])
def test_wilson_holds_the_truth(p):
    found = [wilson(k / 60, 60) for k in np.random.default_rng(0).binomial(60, p, 1000)]
    assert 0.92 <= np.mean([low <= p <= high for low, high in found]) <= 0.99


@pytest.mark.parametrize(("m", "n"), [(200, 60), (60, 200), (700, 150), (100, 25)])
@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_shares_of_copies_hold_the_truth(m, n, shift):
    """Judged values from N(-shift, 1), usual ones from N(0, 1): the share below the true 5 % quantile is known."""
    random = np.random.default_rng(1)
    truth = NORMAL.cdf(NORMAL.inv_cdf(0.05) + shift)
    found = [share_below(random.normal(size=m) - shift, random.normal(size=n), 0.05) for _ in range(300)]
    assert np.mean([low <= truth <= high for low, high in found]) >= 0.91


def test_a_share_of_nothing_has_a_width():
    low, high = share_below(np.full(50, 9.0), np.arange(40.0) / 40, 0.05)
    assert low == 0 and 0.05 < high < 0.2


def test_the_copying_test_is_its_papers():
    random = np.random.default_rng(2)
    judged, usual = random.integers(0, 9, 14).astype(float), random.integers(0, 9, 11).astype(float)  # ties
    assert mann_whitney(judged, usual) == pytest.approx(z_score(judged, usual))


def test_the_width_of_the_copying_test_is_the_jackknifes():
    """Of how often one exceeds the other, at these numbers of images, where that is far from never and always."""
    random = np.random.default_rng(3)
    judged, usual = random.normal(size=300), random.normal(size=200) + 0.2
    scale = math.sqrt(12 * 300 * 200 / (300 + 200 + 1))
    by_hand = standard_error(
        np.array([exceeds(np.delete(judged, i), usual) for i in range(300)]),
        np.array([exceeds(judged, np.delete(usual, i)) for i in range(200)]),
    )
    low, high = copying_interval([(judged, usual)])
    assert (high - low) / 2 == pytest.approx(WIDTH * by_hand * scale, rel=0.02)


def exceeds(a, b):
    return ((a[:, None] > b).mean() + (a[:, None] >= b).mean()) / 2


@pytest.mark.parametrize("sizes", [[(40, 25), (60, 35), (30, 50)], [(20, 20)], [(90, 1), (2, 40)]])
@pytest.mark.parametrize("shift", [0.0, -0.6, -2.5])
def test_intervals_of_the_copying_test_hold_the_truth(sizes, shift):
    """Cells of different sizes; the z-score at these numbers has a known expectation."""
    random = np.random.default_rng(4)
    weights = [n for _, n in sizes]
    truth = np.average([as_z_score(NORMAL.cdf(shift / math.sqrt(2)), m, n) for m, n in sizes], weights=weights)
    held = []
    for _ in range(300):
        parts = [(random.normal(size=m) + shift, random.normal(size=n)) for m, n in sizes]
        low, high = copying_interval(parts)
        value = np.average([mann_whitney(*part) for part in parts], weights=weights)
        assert low <= value <= high
        held.append(low <= truth <= high)
    assert np.mean(held) >= 0.91


def test_copies_alone_have_an_interval_with_a_width():
    low, high = copying_interval([(np.zeros(30), np.arange(1.0, 25.0))])
    assert low == pytest.approx(mann_whitney(np.zeros(30), np.arange(1.0, 25.0))) and low < high < -3


def test_intervals_of_fid_infinity_hold_its_mean():
    random = np.random.default_rng(5)
    draws = [(random.normal(size=(200, 4)), random.normal(size=(160, 4)) + 0.4) for _ in range(40)]
    values = np.array([extrapolated(b, moments(a), 0) for a, b in draws])
    errors = np.array([extrapolation_error(a, b, 0) for a, b in draws])
    assert (abs(values - values.mean()) <= WIDTH * errors).mean() >= 0.88
    assert 0.75 < errors.mean() / values.std() < 1.5


def test_fid_infinity_without_groups_by_hand():
    """Naively: subsets without their members of a group, each distance anew."""
    random = np.random.default_rng(6)
    real, fake = random.normal(size=(30, 3)), random.normal(size=(24, 3)) + 0.5

    def naive(real, keep):
        draw = np.random.default_rng(7)
        x, y = [], []
        for count in np.linspace(6, 24, 15).round().astype(int):
            rows = fake[[i for i in draw.choice(24, count, replace=False) if i in keep]]
            covariances = np.cov(real.T), np.cov(rows.T)
            root = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).astype(complex)).real.sum()
            y.append(((real.mean(0) - rows.mean(0)) ** 2).sum() + np.trace(sum(covariances)) - 2 * root)
            x.append(1 / len(rows))
        return np.polynomial.Polynomial.fit(x, y, 1).convert().coef[0]

    def groups(n):
        return np.array_split(np.random.default_rng(7).permutation(n), FEW_GROUPS)

    by_hand = standard_error(
        np.array([naive(np.delete(real, group, 0), range(24)) for group in groups(30)]),
        np.array([naive(real, set(range(24)) - set(group)) for group in groups(24)]),
    )
    assert extrapolation_error(real, fake, 7) == pytest.approx(by_hand, rel=1e-6)


def test_no_precision_at_all_has_an_interval_with_a_width():
    pixels = np.random.default_rng(8).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    real = Images(Space(16, 3), pixels, np.zeros((40, 0), np.int64), np.zeros(40, bool), tuple(map(str, range(40))))
    found = evaluate(real, np.zeros((25, 16, 16, 3), np.uint8), metrics={"precision_recall": precision_recall})
    assert found["precision"].score.value == found["recall"].score.value == 0
    assert found["precision"].interval == wilson(0, 25) and found["recall"].interval == wilson(0, 40)


def test_diversity_is_the_mean_distance_of_two_images():
    pixels = np.random.default_rng(9).integers(0, 256, (60, 16, 16, 3), dtype=np.uint8)
    real = Images(Space(16, 3), pixels, np.zeros((60, 0), np.int64), np.arange(60) >= 30, tuple(map(str, range(60))))
    fakes = pixels[:24] // 2
    rows = Features(open_extractor("sprites")).of(fakes)[0]

    def naive(rows):
        return np.mean([np.linalg.norm(a - b) for i, a in enumerate(rows) for b in rows[:i]])

    found = evaluate(real, fakes, metrics={"diversity": diversity})["diversity"]
    without = standard_error(np.array([naive(np.delete(rows, i, 0)) for i in range(24)]))
    assert found.score.value == pytest.approx(naive(rows)) and found.floor > 0
    assert found.interval == pytest.approx((naive(rows) - WIDTH * without, naive(rows) + WIDTH * without))
    same = evaluate(real, fakes[[0] * 24], metrics={"diversity": diversity})["diversity"]
    assert same.score.value == 0
