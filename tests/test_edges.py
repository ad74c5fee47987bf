"""Edge maps of images, and drawings made by hand."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo_core.errors import ZooError
from zoo_core.model.edges import edge_map
from zoo_core.model.pixels import to_unit
from zoo_core.pictures.drawing import read_drawing, thinned
from zoo_core.recipe.recipe import Guide
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.space import Space
from zoo_testing.small import random_images
from zoo_train.data import DeviceData


def naive_edges(image, threshold, thin):
    """(C, H, W) -> (H, W) bool, pixel by pixel in double precision."""
    channels, height, width = image.shape
    kernel = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))

    def at(c, y, x):
        return float(image[c, min(max(y, 0), height - 1), min(max(x, 0), width - 1)])

    gradient = np.zeros((height, width, 2))
    for y in range(height):
        for x in range(width):
            best = -1.0
            for c in range(channels):
                pairs = [(kernel[i][j], kernel[j][i], at(c, y + i - 1, x + j - 1)) for i in range(3) for j in range(3)]
                across, down = sum(k * v for k, _, v in pairs) / 4, sum(k * v for _, k, v in pairs) / 4
                if across**2 + down**2 > best:
                    best = across**2 + down**2
                    gradient[y, x] = across, down
    strength = (gradient**2).sum(-1)
    edges = strength > threshold**2
    if thin:
        kept = np.zeros_like(edges)
        for y, x in np.argwhere(edges):
            across, down = gradient[y, x]
            angle = math.degrees(math.atan2(down, across)) % 180
            # Rows grow downwards, so 45 degrees points to the lower right.
            step = [(0, 1), (1, 1), (1, 0), (1, -1)][int((angle + 22.5) // 45) % 4]
            around = np.pad(strength, 1)
            after = around[1 + y + step[0], 1 + x + step[1]]
            before = around[1 + y - step[0], 1 + x - step[1]]
            kept[y, x] = strength[y, x] >= after and strength[y, x] > before
        edges = kept
    return edges


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3]), st.booleans(), st.sampled_from([0.25, 0.5, 1.0]))
@settings(max_examples=25, deadline=None)
def test_edges_are_those_of_a_loop_over_pixels(seed, channels, thin, threshold):
    random = np.random.default_rng(seed)
    # Multiples of 1/8: exact in single precision, so that equal means equal.
    images = random.integers(-8, 9, (2, channels, 9, 7)) / 8 * (random.random((2, 1, 9, 7)) < 0.5)
    found = edge_map(torch.from_numpy(images).float(), threshold, thin)
    assert found.shape == (2, 1, 9, 7) and found.dtype == torch.float32
    for image, edges in zip(images, found[:, 0].numpy(), strict=True):
        assert (edges > 0).tolist() == naive_edges(image, threshold, thin).tolist()


def test_a_step_is_two_pixels_wide_and_one_when_thinned_and_the_frame_is_none():
    step = -torch.ones(1, 3, 8, 8)
    step[..., 4:] = 0.0  # a step of height 1
    assert edge_map(step, 0.9).sum(2).squeeze().tolist() == [0, 0, 0, 8, 8, 0, 0, 0]
    assert edge_map(step, 0.9, thin=True).sum(2).squeeze().tolist() == [0, 0, 0, 8, 0, 0, 0, 0]
    assert edge_map(step, 1.1).sum() == 0
    assert edge_map(step.transpose(2, 3), 0.9, thin=True).sum(3).squeeze().tolist() == [0, 0, 0, 8, 0, 0, 0, 0]


def test_colours_under_transparent_pixels_are_no_edges():
    picture = torch.rand(1, 4, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    picture[:, 3] = -1
    assert edge_map(picture, 0.05).sum() == 0
    picture[:, 3, :, 4:] = 1
    assert edge_map(picture, 1.9)[..., 3:5].sum() > 0


def test_autocast_changes_no_edge():
    images = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.autocast("cpu", torch.bfloat16):
        inside = edge_map(images, 0.5, True)
    assert torch.equal(inside, edge_map(images, 0.5, True))


def test_training_guides_are_edges_of_the_augmented_images_as_the_options_say():
    options = TrainOptions(batch=5, flip=True, shift=0.2)
    data = DeviceData(random_images(Space(16)), options, 0, torch.device("cpu"), guide=Guide("edges", 0.7, True))
    batch = data.batch(3)
    assert torch.equal(batch.condition.guide, edge_map(batch.images, 0.7, True))
    assert not torch.equal(batch.condition.guide, edge_map(batch.images, 0.7, False))


SHAPE = np.zeros((32, 32), bool)  # a face: an outline one pixel wide, an eye, a mouth that slopes
SHAPE[4, 6:26] = SHAPE[27, 6:26] = SHAPE[4:28, 6] = SHAPE[4:28, 25] = True
SHAPE[10:12, 11] = True
for column in range(12, 21):
    SHAPE[20 + (column - 12) // 3, column] = True


def drawing(ink, kind, times=1):
    """A picture of the lines: (32 * times) pixels a side."""
    ink = ink.repeat(times, 0).repeat(times, 1)
    if kind == "dark on light":
        return Image.fromarray(np.where(ink, 20, 240).astype(np.uint8))
    if kind == "light on dark":
        return Image.fromarray(np.where(ink[..., None], [250, 240, 200], [10, 20, 60]).astype(np.uint8))
    colour = {"dark on transparent": (0, 0, 0), "light on transparent": (255, 255, 255)}[kind]
    pixels = np.zeros((*ink.shape, 4), np.uint8)
    pixels[ink] = (*colour, 255)
    return Image.fromarray(pixels)


KINDS = ("dark on light", "light on dark", "dark on transparent", "light on transparent")


@pytest.mark.parametrize("thin", [False, True])
@pytest.mark.parametrize("times", [1, 3, 20])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_drawing_gives_the_same_guide(kind, times, thin, tmp_path):
    drawing(SHAPE, kind, times).save(tmp_path / "drawing.png")
    guide = read_drawing(tmp_path / "drawing.png", 32, thin)
    assert guide.shape == (1, 1, 32, 32)
    if not thin or times == 1:  # corners of a thick line may be cut otherwise than those of a thin one
        assert np.array_equal(guide[0, 0].numpy() > 0, thinned(SHAPE) if thin else SHAPE)
    assert (guide[0, 0].numpy() > 0)[~SHAPE].sum() == 0


@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_jpeg_gives_nearly_the_same_guide(kind, tmp_path):
    drawing(SHAPE, kind, 16).convert("RGB").save(tmp_path / "drawing.jpg", quality=80)
    guide = read_drawing(tmp_path / "drawing.jpg", 32)[0, 0].numpy() > 0
    assert guide[SHAPE].mean() == 1 and guide[~SHAPE].mean() < 0.02


def test_a_wide_drawing_is_padded_and_its_thinnest_line_survives(tmp_path):
    ink = np.zeros((300, 900), bool)
    ink[150, 50:850] = True  # one pixel of 900: a thirtieth of a pixel of the guide
    Image.fromarray(np.where(ink, 0, 255).astype(np.uint8)).save(tmp_path / "line.png")
    rows = read_drawing(tmp_path / "line.png", 32)[0, 0].sum(1)
    assert rows[15:17].max() >= 28 and rows[:15].sum() + rows[17:].sum() == 0


def test_of_a_filled_shape_the_outline_is_kept(tmp_path):
    ink = np.zeros((320, 320), bool)
    ink[80:240, 80:240] = True
    Image.fromarray(np.where(ink, 0, 255).astype(np.uint8)).save(tmp_path / "square.png")
    guide = read_drawing(tmp_path / "square.png", 32, thin=True)[0, 0]
    assert guide[12:20, 12:20].sum() == 0
    assert guide[8, 9:23].sum() == 14 and guide[9:23, 8].sum() == 14


def test_a_photograph_turned_by_its_camera_is_turned_back(tmp_path):
    picture = drawing(SHAPE, KINDS[0], 8).convert("RGB")
    exif = Image.Exif()
    exif[274] = 6  # the camera was turned: show it a quarter to the right
    picture.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    picture.save(tmp_path / "upright.jpg", quality=95)
    assert torch.equal(read_drawing(tmp_path / "turned.jpg", 32), read_drawing(tmp_path / "upright.jpg", 32))


def test_grey_of_sixteen_bits_is_read(tmp_path):
    grey = np.where(SHAPE, 5000, 60000).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "deep.png")
    assert np.array_equal(read_drawing(tmp_path / "deep.png", 32)[0, 0].numpy() > 0, SHAPE)


def png_bytes():
    file = io.BytesIO()
    drawing(SHAPE, KINDS[0]).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"", "no picture"),
        (b"plain text", "no picture"),
        (png_bytes()[:120], "cannot be read"),
        ("blank", "shows no lines"),
        ("huge", "make it smaller"),
    ],
)
def test_what_is_no_drawing_is_said_in_one_line(content, words, tmp_path):
    path = tmp_path / "drawing.png"
    if content == "blank":
        Image.new("L", (40, 40), 130).save(path)
    elif content == "huge":
        Image.new("1", (9000, 9000)).save(path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ZooError, match=words) as caught:
        read_drawing(path, 32)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def parts(mask, diagonal):
    """Number of connected parts, by flood fill."""
    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)] + ([(1, 1), (1, -1), (-1, 1), (-1, -1)] if diagonal else [])
    left = set(map(tuple, np.argwhere(mask).tolist()))
    count = 0
    while left:
        count += 1
        stack = [left.pop()]
        while stack:
            y, x = stack.pop()
            for down, right in steps:
                if (near := (y + down, x + right)) in left:
                    left.remove(near)
                    stack.append(near)
    return count


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.9))
@settings(max_examples=40, deadline=None)
def test_thinning_keeps_parts_and_holes_and_leaves_nothing_thick(seed, share):
    lines = np.random.default_rng(seed).random((12, 14)) < share
    thin = thinned(lines)
    assert not (thin & ~lines).any()
    assert parts(thin, True) == parts(lines, True)
    assert parts(~np.pad(thin, 1), False) == parts(~np.pad(lines, 1), False)
    assert np.array_equal(thinned(thin), thin)


def test_a_thick_line_becomes_one_pixel_wide():
    lines = np.zeros((9, 20), bool)
    lines[3:6, 2:18] = True
    thin = thinned(lines)
    assert thin.sum(0).max() == 1 and 12 <= thin.sum() <= 16


def test_edges_of_pixels_have_the_scale_of_the_option():
    pixels = np.zeros((1, 3, 8, 8), np.uint8)
    pixels[..., 4:] = 128  # half of the range: a step of about 1 in [-1, 1]
    unit = to_unit(torch.from_numpy(pixels))
    assert edge_map(unit, 0.99).sum() == 16 and edge_map(unit, 1.01).sum() == 0
