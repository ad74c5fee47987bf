"""Truncated and interpolated latents against independent truths, and labels by name."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zoo_core.errors import ZooError
from zoo_core.model.labels import labels_tensor, random_labels
from zoo_core.model.latent import sample_latents
from zoo_core.model.latent_walk import between, truncated, walk
from zoo_core.prior import Prior
from zoo_core.space import Space

NORMAL = Prior(64)
TWO = Space(16, labels={"type1": ("fire", "water"), "type2": ("fire", "water"), "body": ("round", "a+b")})


@pytest.mark.parametrize("threshold", [0.01, 0.5, 1.0, 2.5, 6.0])
def test_truncation_is_the_truncated_normal_distribution(threshold):
    z = sample_latents(NORMAL, 0, 0, 50)
    cut = truncated(z, NORMAL, threshold)
    truth = stats.truncnorm.ppf(stats.norm.cdf(z.double().numpy()), -threshold, threshold)
    torch.testing.assert_close(cut.double(), torch.from_numpy(truth), atol=1e-5, rtol=1e-5)
    assert cut.abs().max() <= threshold
    assert stats.kstest(cut.flatten().numpy(), stats.truncnorm(-threshold, threshold).cdf).pvalue > 0.001


def test_a_wide_truncation_changes_nothing_and_extremes_stay_finite():
    z = torch.tensor([[-30.0, -9.0, -1.0, 0.0, 1e-6, 1.0, 9.0, 30.0]])
    wide = truncated(z, NORMAL, 40)
    torch.testing.assert_close(wide[:, 1:-1], z[:, 1:-1])
    narrow = truncated(z, NORMAL, 2)
    assert narrow.isfinite().all() and (narrow.diff() >= 0).all() and torch.allclose(narrow, -narrow.flip(1), atol=1e-5)


def test_truncation_of_other_priors():
    z = sample_latents(Prior(8, "uniform"), 0, 0, 100)
    assert truncated(z, Prior(8, "uniform"), 0.25).abs().max() <= 0.25
    assert torch.equal(truncated(z, Prior(8, "uniform"), 3.0), z)
    with pytest.raises(ZooError, match="does not go with the prior swiss_roll"):
        truncated(z, Prior(8, "swiss_roll"), 1)
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(ZooError, match="type a number above 0"):
            truncated(z, NORMAL, wrong)


def test_slerp_walks_a_circle_at_constant_speed():
    a, b = torch.tensor([[2.0, 0, 0]]), torch.tensor([[0, 2.0, 0]])
    for share in (0.0, 0.25, 0.5, 1.0):
        angle = torch.tensor(share * torch.pi / 2)
        torch.testing.assert_close(between(a, b, share, NORMAL), 2 * torch.stack([angle.cos(), angle.sin(), angle * 0])[None])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1), st.sampled_from(["normal", "uniform", "mixture"]))
def test_between_is_symmetric_and_stays_among_the_latents(seed, share, name):
    prior = Prior(64, name)
    a, b = sample_latents(prior, seed, 0, 3), sample_latents(prior, seed + 1, 0, 3)
    here, there = between(a, b, share, prior), between(b, a, 1 - share, prior)
    torch.testing.assert_close(here, there, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(between(a, b, 0.0, prior), a)
    torch.testing.assert_close(between(a, b, 1.0, prior), b)
    if name == "normal":  # a straight line would be a third shorter in the middle
        assert (here.norm(dim=1) > 0.75 * torch.minimum(a.norm(dim=1), b.norm(dim=1))).all()


def test_between_the_same_and_opposite_latents():
    z = sample_latents(NORMAL, 0, 0, 2)
    assert torch.allclose(between(z, z, 0.3, NORMAL), z)
    assert between(z, -z, 0.3, NORMAL).isfinite().all()


def test_a_walk_has_its_points():
    points = [sample_latents(NORMAL, seed, 0, 2) for seed in (3, 4, 5)]
    open_walk, loop = walk(points, 5, NORMAL, loop=False), walk(points, 5, NORMAL, loop=True)
    assert open_walk.shape == (2, 5, 2, 64) and loop.shape == (3, 5, 2, 64)
    for leg in range(2):
        torch.testing.assert_close(open_walk[leg, 0], points[leg])
        torch.testing.assert_close(open_walk[leg, -1], points[leg + 1])
    for leg in range(3):
        torch.testing.assert_close(loop[leg, 0], points[leg])
    step = (loop[1:, 0] - loop[:-1, -1]).norm(dim=-1)  # no frame is shown twice where legs meet, and none is left out
    inside = (loop[:, 1] - loop[:, 0]).norm(dim=-1)
    assert (step > 0.5 * inside[:-1]).all() and (step < 2 * inside[:-1]).all()


@pytest.mark.parametrize(
    ("wanted", "columns"),
    [
        ({"type1": "water"}, {0: 1}),
        ({"type1": "fire", "type2": "water"}, {0: 0, 1: 1}),
        ({"type": "fire+water"}, {0: 0, 1: 1}),
        ({"type": "water"}, {0: 1, 1: -1}),
        ({"type1+type2": "water+fire"}, {0: 1, 1: 0}),
        ({"type2": "none"}, {1: -1}),
        ({"body": "a+b"}, {2: 1}),
        ({}, {}),
    ],
)
def test_labels_by_name(wanted, columns):
    drawn = random_labels(TWO, 6, 1)
    chosen = labels_tensor(TWO, wanted, 6, 1)
    for column in range(3):
        if column in columns:
            assert chosen[:, column].tolist() == [columns[column]] * 6
        else:
            assert torch.equal(chosen[:, column], drawn[:, column])
    assert torch.equal(labels_tensor(TWO, wanted, 2, 1, first=3), chosen[3:5])


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"typ": "fire"}, "no label typ; it has type1, type2, body"),
        ({"type": "fire+water+fire"}, "takes 2 values at once"),
        ({"body": "round+round"}, "takes one value at once"),
        ({"type": "fire+steam"}, "type2 must be one of fire, water"),
        ({"type1": "fir"}, "did you mean fire?"),
        ({"": ""}, "no label"),
    ],
)
def test_labels_that_are_not_there(wanted, message):
    with pytest.raises(ZooError) as caught:
        labels_tensor(TWO, wanted, 1, 0)
    assert message in str(caught.value)
    with pytest.raises(ZooError, match="has no labels"):
        labels_tensor(Space(16), wanted, 1, 0)
