"""What all metrics are given, and the statistics that need no network: against answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zoo_bench.evaluation.pixels import digest, opaque
from zoo_bench.evaluation.statistics import statistics
from zoo_core.errors import ZooError

WHITE = (255, 255, 255)


def flat(colour, size=8):
    return np.full((1, size, size, 3), colour, np.uint8)


@given(hnp.arrays(np.uint8, (2, 3, 3, 4)), st.tuples(*[st.integers(0, 255)] * 3))
def test_compositing_is_the_rounded_mix(pixels, background):
    alpha = pixels[..., 3:] / 255.0
    exact = alpha * pixels[..., :3] + (1 - alpha) * np.array(background)
    assert np.abs(opaque(pixels, background) - exact).max() <= 0.5 + 1e-9


@given(hnp.arrays(np.uint8, (2, 4, 4, 4)), hnp.arrays(np.uint8, (2, 4, 4, 3)))
def test_colours_under_alpha_0_cannot_be_seen(pixels, hidden):
    pixels[:, :2, :, 3] = 0
    other = pixels.copy()
    other[:, :2, :, :3] = hidden[:, :2]
    assert np.array_equal(opaque(pixels, WHITE), opaque(other, WHITE))


def test_grey_is_repeated_and_colour_is_kept():
    grey = np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1)
    assert np.array_equal(opaque(grey, WHITE), np.concatenate([grey] * 3, 3))
    colour = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    assert np.array_equal(opaque(colour, WHITE), colour)


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 4, 4, 3), np.float32), np.zeros((4, 4, 3), np.uint8), np.zeros((1, 4, 4, 2), np.uint8)]
)
def test_other_arrays_are_refused_in_one_line(bad):
    with pytest.raises(ZooError, match="uint8") as caught:
        opaque(bad, WHITE)
    assert "\n" not in str(caught.value)


def test_digest_tells_shapes_and_contents_apart():
    a = np.zeros((2, 6), np.uint8)
    changed = a.copy()
    changed[1, 1] = 1
    assert len({digest(a), digest(a.reshape(3, 4)), digest(changed), digest(a, a)}) == 4


def test_a_flat_background_has_one_colour_and_nothing_drawn():
    found = statistics(flat(255))
    assert (found["colours"], found["palette"], found["entropy"]) == (1, 1, 0)
    assert (found["background"], found["clean_background"], found["clean_border"]) == (1, 1, 1)
    assert found["symmetry"] is None


def test_colours_count_after_quantisation_to_five_bits():
    image = flat(0)
    image[0, 0, 0] = (7, 7, 7)  # the same cell as 0
    image[0, 0, 1] = (8, 0, 0)  # the next
    assert statistics(image)["colours"] == 2
    assert statistics(image)["palette"] == 1  # 63 of 64 pixels are of one colour


def test_entropy_of_four_equal_parts_is_two_bits():
    image = flat(0)
    image[0, :4, 4:], image[0, 4:, :4], image[0, 4:, 4:] = (80, 0, 0), (0, 80, 0), (0, 0, 80)
    found = statistics(image)
    assert found["entropy"] == pytest.approx(2)
    assert (found["colours"], found["palette"], found["background"]) == (4, 4, 0)


def test_dirt_near_the_background_lowers_its_cleanliness():
    image = flat(255)
    image[0, 0, :2] = 230  # like white, but too far from it
    image[0, 4, 4] = 0  # drawn: neither
    found = statistics(image)
    assert found["clean_background"] == pytest.approx(61 / 63)
    assert found["clean_border"] == pytest.approx(26 / 28)
    assert found["background"] == pytest.approx(61 / 64)


def test_symmetry_is_about_the_middle_of_what_is_drawn():
    image = flat(255)
    image[0, 2:6, 1:4] = 0  # a rectangle, far left
    assert statistics(image)["symmetry"] == 1
    image[0, 2:6, 1:4] = 255
    image[0, 2, 1:3] = image[0, 3, 1] = 0  # an L of three pixels: one row of two, one of one
    assert statistics(image)["symmetry"] == pytest.approx(2 / 4)


def test_partial_alpha_only_where_there_is_alpha():
    rgba = np.full((1, 4, 4, 4), 255, np.uint8)
    rgba[0, 0, :, 3] = (0, 1, 254, 255)
    assert statistics(rgba)["partial_alpha"] == pytest.approx(2 / 16)
    assert "partial_alpha" not in statistics(flat(255))


def test_images_without_meaning_are_left_out_of_a_mean():
    drawn = flat(255)
    drawn[0, 2, 1:3] = drawn[0, 3, 1] = 0
    assert statistics(np.concatenate([flat(255), drawn]))["symmetry"] == pytest.approx(0.5)
