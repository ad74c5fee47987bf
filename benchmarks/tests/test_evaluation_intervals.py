"""Intervals: closed forms against leaving images out by hand, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from zoo_bench.evaluation.frechet import extrapolated, frechet, frechet_without, moments
from zoo_bench.evaluation.jackknife import WIDTH, Balls, fid_error, inception_error, interval, kid_error, standard_error
from zoo_bench.evaluation.nearest import distances
from zoo_bench.evaluation.neighbours import polynomial_kernel


def gaussians(seed, n=30, m=24, d=4, shift=0.5):
    random = np.random.default_rng(seed)
    return random.normal(size=(n, d)), random.normal(size=(m, d)) + shift


def mmd(a, b):
    def within(x):
        k = polynomial_kernel(x, x)
        return (k.sum() - np.trace(k)) / (len(x) * (len(x) - 1))

    return within(a) + within(b) - 2 * polynomial_kernel(a, b).mean()


def inside(a, b, k, closed):
    """(len(b), len(a)): whether a point of b lies in the ball around one of a."""
    reach = np.array([sorted(np.linalg.norm(x - y) for y in a)[k] for x in a])
    far = np.array([[np.linalg.norm(y - x) for x in a] for y in b])
    return far <= reach if closed else far < reach


def inception(p):
    return np.exp((p * np.log(p / p.mean(0))).sum(1).mean())


def by_hand(score, a, b):
    return standard_error(
        np.array([score(np.delete(a, i, 0), b) for i in range(len(a))]),
        np.array([score(a, np.delete(b, i, 0)) for i in range(len(b))]),
    )


def test_kid_without_each_image():
    a, b = gaussians(0)
    assert kid_error(a, b) == pytest.approx(by_hand(mmd, a, b), rel=1e-9)


@pytest.mark.parametrize(("n", "m", "d"), [(30, 24, 4), (30, 24, 40), (50, 12, 20), (12, 50, 20), (30, 24, 1)])
@pytest.mark.parametrize("kind", ["drawn", "same", "repeated column"])
def test_the_distance_without_each_group(n, m, d, kind):
    """Against the plain way, with fewer rows than features on either side, and where features say nothing."""
    a, b = gaussians(3, n, m, d)
    if kind != "drawn":
        a = np.ones_like(a) if kind == "same" else a[:, [0] * d]
    groups, other = np.array_split(np.random.default_rng(0).permutation(n), 4), moments(b)
    plain = [frechet(moments(np.delete(a, group, 0)), other) for group in groups]
    assert frechet_without(a, groups, other) == pytest.approx(plain, rel=1e-7)


@pytest.mark.parametrize("repeated", [False, True])
def test_balls_without_each_image(repeated):
    a, b = gaussians(1)
    if repeated:  # images that are there twice lie at distance 0
        a, b = a[np.arange(30) // 2], b[np.arange(24) % 5]
    closed = Balls(distances(a, a), distances(b, a), 3, closed=True)
    opened = Balls(distances(a, a), distances(b, a), 5, closed=False)
    assert closed.share_inside() == pytest.approx(by_hand(lambda x, y: inside(x, y, 3, True).any(1).mean(), a, b))
    assert opened.density() == pytest.approx(by_hand(lambda x, y: inside(x, y, 5, False).sum(1).mean() / 5, a, b))
    assert opened.share_filled() == pytest.approx(by_hand(lambda x, y: inside(x, y, 5, False).any(0).mean(), a, b))


def test_inception_score_without_each_image():
    logits = np.random.default_rng(2).normal(size=(25, 6)) * 2
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    left_out = np.array([inception(np.delete(p, i, 0)) for i in range(25)])
    assert inception_error(logits) == pytest.approx(standard_error(left_out))


def true_mmd(shift, d=8):
    """Expectation of the unbiased MMD, for N(0, 1) and N(shift, 1) in each dimension, in closed form."""
    real, fake = np.zeros(d), np.full(d, shift)

    def kernel(a, b):
        """E (1 + x.y / d)^3 for x around a and y around b, from the mean, variance and third central moment of x.y."""
        mean, variance, third = 1 + a @ b / d, d + a @ a + b @ b, 6 * (a @ b)
        return mean**3 + 3 * mean * variance / d**2 + third / d**3

    return kernel(real, real) + kernel(fake, fake) - 2 * kernel(real, fake)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_intervals_of_kid_and_fid_hold_the_truth(shift):
    """Of 200 draws of Gaussian features with a known answer, at least 90 % of the 95 % intervals hold it.

    FID is biased at 120 images, so its truth here is its mean over the draws; equal distributions make intervals too wide.
    """
    random = np.random.default_rng(5)
    draws = [(random.normal(size=(120, 8)), random.normal(size=(120, 8)) + shift) for _ in range(200)]
    truth = true_mmd(shift)
    kids = np.array([(mmd(a, b), kid_error(a, b)) for a, b in draws])
    assert kids[:, 0].mean() == pytest.approx(truth, abs=4 * kids[:, 0].std() / np.sqrt(200))
    assert (abs(kids[:, 0] - truth) <= WIDTH * kids[:, 1]).mean() >= 0.9
    fids = np.array([(frechet(moments(a), moments(b)), fid_error(a, b, 0)) for a, b in draws[:100]])
    assert (abs(fids[:, 0] - fids[:, 0].mean()) <= WIDTH * fids[:, 1]).mean() >= 0.9
    # wide enough, and not by much
    assert 0.8 < kids[:, 1].mean() / kids[:, 0].std() < 1.8 and 0.8 < fids[:, 1].mean() / fids[:, 0].std() < 1.8


def test_intervals_of_shares_hold_the_mean():
    random = np.random.default_rng(6)
    found = []
    for _ in range(100):
        a, b = random.normal(size=(60, 4)), random.normal(size=(60, 4)) + 0.3
        aa, ba = distances(a, a), distances(b, a)
        closed, opened = Balls(aa, ba, 3, True), Balls(aa, ba, 5, False)
        values = (closed.inside.any(1).mean(), opened.inside.any(0).mean(), opened.inside.sum(1).mean() / 5)
        found.append((values, (closed.share_inside(), opened.share_filled(), opened.density())))
    values, errors = np.array(found).transpose(1, 0, 2)
    held = (abs(values - values.mean(0)) <= WIDTH * errors).mean(0)
    assert (held >= 0.9).all()


def test_an_interval_stays_within_what_the_score_can_be():
    assert interval("precision", 0.99, 0.1) == (pytest.approx(0.99 - 0.1 * WIDTH), 1.0)
    assert interval("fid", 1.0, 10.0)[0] == 0.0 and interval("kid", -0.1, 0.1)[0] < -0.2
    assert interval("fid", 1.0, None) is None and interval("fid", 1.0, float("nan")) is None


def test_frechet_distance_of_known_gaussians():
    random = np.random.default_rng(7)
    a = random.normal(size=(4000, 6))
    b = random.normal(size=(4000, 6)) * 2 + 1  # d ((2 - 1)^2 + 1) = 12
    assert frechet(moments(a), moments(b)) == pytest.approx(12, rel=0.05)
    assert frechet(moments(a), moments(a)) == pytest.approx(0, abs=1e-9)
    few = a[:4]  # fewer images than features: a covariance without full rank
    assert frechet(moments(few), moments(few)) == pytest.approx(0, abs=1e-9)


def test_extrapolation_takes_the_bias_of_few_images_away():
    """Chong & Forsyth's figure 1: the distance to the truth falls to nearly nothing, the score itself does not."""
    random = np.random.default_rng(8)
    real = moments(random.normal(size=(20000, 16)))
    plain, infinite = [], []
    for seed in range(20):
        fake = random.normal(size=(400, 16)) + 0.2
        plain.append(frechet(moments(fake), real))
        infinite.append(extrapolated(fake, real, seed))
    truth = 16 * 0.2**2
    assert np.mean(plain) - truth > 0.1
    assert np.mean(infinite) == pytest.approx(truth, abs=0.04)
