"""What all metrics are given, and the statistics that need no network: against answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zoo_bench.evaluation.holes import hole_rates
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


def off_palette_by_hand(images, others):
    """`others`: for each image the real images that it is held against."""

    def colours(image):
        return [tuple(int(value) // 8 for value in pixel) for row in image for pixel in row]

    known = [{colour for other in each for colour in colours(other)} for each in others]
    return np.mean([np.mean([c not in k for c in colours(image)]) for image, k in zip(images, known, strict=True)])


SOME_COLOURS = st.sampled_from((0, 7, 8, 250, 255))


@given(*[hnp.arrays(np.uint8, st.tuples(st.integers(1, 4), st.just(3), st.just(3), st.just(3)), elements=SOME_COLOURS)] * 2)
def test_colours_off_the_palette_are_of_no_real_image(real, fake):
    assert statistics(fake, real=real)["off_palette"] == pytest.approx(off_palette_by_hand(fake, [real] * len(fake)))
    others = [np.delete(real, i, 0) for i in range(len(real))]
    assert statistics(real)["off_palette"] == pytest.approx(off_palette_by_hand(real, others))


def holes_by_hand(drawn):
    """Holes over holes and what is drawn, the background walked pixel by pixel from the edge."""
    height, width = drawn.shape
    todo = [(y, x) for y in range(height) for x in range(width) if y in (0, height - 1) or x in (0, width - 1)]
    reached = set()
    while todo:
        y, x = todo.pop()
        if 0 <= y < height and 0 <= x < width and not drawn[y, x] and (y, x) not in reached:
            reached.add((y, x))
            todo += [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    holes = (~drawn).sum() - len(reached)
    return holes / (holes + drawn.sum()) if drawn.any() else np.nan


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))))
def test_holes_are_what_the_edge_does_not_reach(drawn):
    assert np.array_equal(hole_rates(drawn), [holes_by_hand(each) for each in drawn], equal_nan=True)


def test_a_way_out_with_many_turns_is_followed():
    spiral = np.ones((25, 25), np.bool_)
    y, x, (dy, dx) = 2, 2, (0, 1)
    spiral[2, 2] = False
    for length in (20, 20, 20, 18, 18, 16, 16, 14, 14, 12, 12, 10, 10, 8, 8, 6, 6, 4, 4, 2, 2):
        for _ in range(length):
            y, x = y + dy, x + dx
            spiral[y, x] = False
        dy, dx = dx, -dy
    closed, opened = spiral, spiral.copy()
    opened[:2, 2] = False
    assert hole_rates(np.stack([closed, opened])).tolist() == [(1 + 60 + 180) / 625, 0]


def test_holes_are_of_the_alpha_where_there_is_one():
    image = flat(255)
    image[0, 2:6, 2:6] = 0
    image[0, 3:5, 3:5] = 255  # white inside a ring
    assert statistics(image)["holes"] == pytest.approx(4 / 16)
    assert statistics(flat(255))["holes"] is None
    ring = np.concatenate([flat(0), np.full((1, 8, 8, 1), 255, np.uint8)], 3)
    ring[0, 3:5, 3, 3], ring[0, 3:5, 4, 3], ring[0, :, 0, 3] = 127, 128, 0  # two pixels are more clear than not
    assert statistics(ring)["holes"] == pytest.approx(2 / 56)


def test_partial_alpha_only_where_there_is_alpha():
    rgba = np.full((1, 4, 4, 4), 255, np.uint8)
    rgba[0, 0, :, 3] = (0, 1, 254, 255)
    assert statistics(rgba)["partial_alpha"] == pytest.approx(2 / 16)
    assert "partial_alpha" not in statistics(flat(255))


def test_images_without_meaning_are_left_out_of_a_mean():
    drawn = flat(255)
    drawn[0, 2, 1:3] = drawn[0, 3, 1] = 0
    assert statistics(np.concatenate([flat(255), drawn]))["symmetry"] == pytest.approx(0.5)
