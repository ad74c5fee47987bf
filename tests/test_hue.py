"""Training images in other colours, against the colour systems of the standard library."""

from __future__ import annotations

import colorsys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zoo_core.model.pixels import to_pixels
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.space import Space
from zoo_testing.small import random_images
from zoo_train.data import DeviceData
from zoo_train.hue import turned

CPU = torch.device("cpu")


def by_standard_library(colour, by):
    hue, saturation, value = colorsys.rgb_to_hsv(*(number / 255 for number in colour))
    return [255 * number for number in colorsys.hsv_to_rgb((hue + by) % 1, saturation, value)]


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=20), st.floats(-0.5, 0.5, width=32))
def test_hues_turn_as_in_the_standard_library(colours, by):
    found = turned(torch.tensor(colours, dtype=torch.uint8).view(1, 1, -1, 3), torch.tensor([by]))[0, 0]
    want = torch.tensor([by_standard_library(colour, by) for colour in colours])
    assert (found - want).abs().max() <= 0.502  # a half for rounding


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_has_no_hue_stays(channels):
    grey = torch.arange(256, dtype=torch.uint8).view(1, 16, 16, 1).expand(4, 16, 16, channels).contiguous()
    assert torch.equal(turned(grey, torch.tensor([0.0, 0.2, -0.4, 0.5])), grey)
    drawn = torch.randint(0, 256, (4, 16, 16, channels), dtype=torch.uint8)
    found = turned(drawn, torch.tensor([0.0, 0.2, -0.4, 0.5]))
    assert torch.equal(found[..., 3:], drawn[..., 3:]) and torch.equal(found[0], drawn[0])
    assert torch.equal(found[1], drawn[1]) == (channels == 1)


def test_batches_turn_within_the_option_and_move_as_without_it():
    images = random_images(Space(16, 3), 40)
    plain = DeviceData(images, TrainOptions(batch=16, shift=0.2), 5, CPU)
    hued = DeviceData(images, TrainOptions(batch=16, shift=0.2, hue=0.1), 5, CPU)
    before, after = (to_pixels(data.batch(2).images).permute(0, 2, 3, 1) for data in (plain, hued))
    shares = torch.linspace(-0.1, 0.1, 401)
    best = []
    for old, new in zip(before, after, strict=True):
        tried = turned(old.expand(len(shares), *old.shape), shares).float()
        errors = (tried - new.float()).abs().flatten(1).mean(1)
        best.append(shares[errors.argmin()])
        assert errors.min() < 0.6  # the same image in the same place, but for its hue
    assert torch.stack(best).std() > 0.03  # each by a share of its own; evenly over 0.2 would be 0.058
