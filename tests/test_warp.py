"""Scaling, stretching and free rotation of what critics see, against what SciPy makes of the same matrices."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_train.augment import augment, numbers
from zoo_train.warp import OCTAVES, factor, free_rotation, identity, scaling, stretching, warp

ALL = ("scaling", "free_rotation", "stretching")


def images(n=3, channels=3, size=8, seed=1, dtype=torch.float64):
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 2 - 1


def uniform(n, operations=ALL, seed=0):
    return torch.rand(n, numbers(operations), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def number(value, n=1):
    return torch.full((n, 1), value, dtype=torch.float64)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.sampled_from([2, 5, 8]))
@settings(max_examples=60, deadline=None)
def test_sampling_is_that_of_scipy(a, b, c, d, size):
    ndimage = pytest.importorskip("scipy.ndimage")
    x, looks = images(1, 3, size), torch.tensor([[[a, b], [c, d]]], dtype=torch.float64)
    matrix, middle = looks[0].numpy(), np.full(2, (size - 1) / 2)
    found = warp(x, looks)[0].numpy()
    for channel in range(3):
        want = ndimage.affine_transform(
            x[0, channel].numpy(), matrix, offset=middle - matrix @ middle, order=1, mode="mirror", output=np.float64
        )
        np.testing.assert_allclose(found[channel], want, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [7, 8])
def test_right_angles_are_exact(channels, size):
    x = images(2, channels, size)
    for quarters in range(-1, 3):
        turned = warp(x, free_rotation(number((quarters / 2 + 1) / 2, 2)))
        torch.testing.assert_close(turned, x.rot90(quarters, (2, 3)), atol=1e-12, rtol=0)
    assert torch.equal(warp(x, identity(x).expand(2, 2, 2)), x)
    assert torch.equal(augment(x, None, ALL, uniform(2), 0.0)[0], x)


def test_scales_are_those_of_the_paper():
    u = torch.rand(20_000, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    logarithm = factor(u).log2().flatten()
    assert abs(logarithm.mean()) < 5 * OCTAVES / 20_000**0.5
    assert abs(logarithm.std() - OCTAVES) < 5 * OCTAVES / 40_000**0.5
    assert factor(torch.tensor([[0.0], [1.0]])).log2().abs().max() < 0.9  # numbers at the end of their range
    both, wide = scaling(u), stretching(u)
    torch.testing.assert_close(both[:, 0, 0] * both[:, 1, 1] * factor(u)[:, 0, 0] ** 2, torch.ones(20_000, dtype=torch.float64))
    torch.testing.assert_close(torch.linalg.det(wide), torch.ones(20_000, dtype=torch.float64))  # the area stays
    turns = free_rotation(u)
    torch.testing.assert_close(turns @ turns.mT, identity(u).expand(20_000, 2, 2))
    angle = torch.atan2(turns[:, 0, 1], turns[:, 0, 0])
    counts = torch.histc(angle, 16, -math.pi, math.pi)
    assert (counts - 1250).abs().max() < 5 * 1250**0.5


def test_a_larger_factor_makes_what_is_drawn_larger_and_wider():
    dot = torch.full((1, 1, 33, 33), -1.0, dtype=torch.float64)
    dot[..., 12:21, 12:21] = 1
    big = number(0.999)
    grown, wide = warp(dot, scaling(big)) > 0, warp(dot, stretching(big)) > 0
    high, across = (lambda x: int(x[0, 0].any(1).sum())), (lambda x: int(x[0, 0].any(0).sum()))
    assert high(grown) == across(grown) > 9
    assert across(wide) > 9 > high(wide)


def test_warps_in_a_row_are_sampled_once():
    x, u = images(4), uniform(4)
    looks = scaling(u[:, 1:2]) @ free_rotation(u[:, 3:4]) @ stretching(u[:, 5:6])
    assert torch.equal(augment(x, None, ALL, u, 1.0)[0], warp(x, looks))
    one_by_one = warp(warp(warp(x, scaling(u[:, 1:2])), free_rotation(u[:, 3:4])), stretching(u[:, 5:6]))
    assert not torch.allclose(one_by_one, warp(x, looks))
    smooth = torch.linspace(-1, 1, 65, dtype=torch.float64).mul(math.pi / 2).sin()
    smooth = (smooth[:, None] + 0.5 * smooth[None]).expand(4, 1, 65, 65)
    parts = warp(warp(warp(smooth, scaling(u[:, 1:2])), free_rotation(u[:, 3:4])), stretching(u[:, 5:6]))
    inner = (slice(None), slice(None), slice(24, 41), slice(24, 41))  # nothing of beyond the border
    torch.testing.assert_close(augment(smooth, None, ALL, u, 1.0)[0][inner], parts[inner], atol=2e-3, rtol=0)


@pytest.mark.parametrize("channels", [1, 4])
def test_a_guide_moves_with_its_image(channels):
    x = images(6, channels)
    y, guide = augment(x, x[:, :1].clone() if channels == 1 else x.clone(), ALL, uniform(6), 0.7)
    assert torch.equal(y, guide) and not torch.equal(x, y)


def test_some_images_are_changed_each_by_its_own_draw():
    x = images(1).expand(400, 3, 8, 8)
    y, _ = augment(x, None, ("free_rotation",), uniform(400, ("free_rotation",)), torch.tensor(0.3))
    changed = (y != x).flatten(1).any(1)
    assert abs(changed.double().mean() - 0.3) < 5 * (0.21 / 400) ** 0.5
    assert len(torch.unique(y[changed], dim=0)) == changed.sum()
