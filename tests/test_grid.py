"""Sample grids against pixels placed one by one in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from zoo_core.errors import RunFailure
from zoo_core.pictures.grid import GUTTER, grid, near_square, png, write_png

shapes = st.tuples(st.integers(1, 7), st.integers(1, 4), st.integers(1, 4), st.sampled_from([1, 3, 4]))
colours = st.tuples(*[st.integers(0, 255)] * 3)


def seen(pixel, background):
    """One pixel as it looks on the background, by the definition of straight alpha, rounded to the nearest value."""
    if len(pixel) == 1:
        return [int(pixel[0])] * 3
    if len(pixel) == 3:
        return [int(v) for v in pixel]
    alpha = Fraction(int(pixel[3]), 255)
    return [round(int(v) * alpha + b * (1 - alpha)) for v, b in zip(pixel[:3], background, strict=True)]


@given(shapes.flatmap(lambda shape: arrays(np.uint8, shape)), st.integers(1, 9), st.integers(1, 3), colours)
def test_every_pixel_is_where_it_belongs(images, columns, scale, background):
    picture = grid(images, columns, scale, background)
    count, height, width = images.shape[:3]
    across = min(columns, count)
    expected = {}
    for n in range(count):
        for y in range(height * scale):
            for x in range(width * scale):
                at = (n // across * (height * scale + GUTTER) + y, n % across * (width * scale + GUTTER) + x)
                expected[at] = seen(images[n, y // scale, x // scale], background)
    assert picture.dtype == np.uint8
    assert picture.shape == (max(y for y, _ in expected) + 1, max(x for _, x in expected) + 1, 3)
    for at in np.ndindex(picture.shape[:2]):
        assert picture[at].tolist() == expected.get(at, list(background))


@given(shapes.flatmap(lambda shape: arrays(np.uint8, shape)))
def test_transparency_can_be_kept(images):
    picture = grid(images, columns=1, background=None)
    assert picture.shape[2] == 4
    height, channels = images.shape[1], images.shape[3]
    for n, image in enumerate(images):
        tile = picture[n * (height + GUTTER) :][:height]
        if channels == 4:
            assert (tile == image).all()
        else:
            assert (tile[..., :3] == image).all() and (tile[..., 3] == 255).all()
    gutters = np.delete(picture, [n * (height + GUTTER) + y for n in range(len(images)) for y in range(height)], axis=0)
    assert not gutters.any()


@given(st.integers(1, 5000))
def test_default_is_near_square(count):
    columns = near_square(count)
    rows = -(-count // columns)
    assert columns * (rows - 1) < count <= columns * rows
    assert columns >= rows and columns <= 2 * rows + 1


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (8, 4), (16, 4), (24, 6), (32, 8), (64, 8), (23, 5)])
def test_known_grids(count, columns):
    assert near_square(count) == columns


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((2, 4, 4), np.uint8),
        np.zeros((2, 4, 4, 2), np.uint8),
        np.zeros((0, 4, 4, 3), np.uint8),
        np.zeros((2, 4, 4, 3), np.float32),
    ],
)
def test_other_arrays_are_refused(images):
    with pytest.raises(ValueError, match="a grid needs"):
        grid(images)


def test_no_columns_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        grid(np.zeros((2, 4, 4, 3), np.uint8), columns=0)


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4])).flatmap(lambda s: arrays(np.uint8, s)))
def test_png_is_lossless(tmp_path_factory, picture):
    path = tmp_path_factory.mktemp("png") / "picture.png"
    write_png(picture, path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert (np.asarray(image).reshape(picture.shape) == picture).all()
    assert png(picture) == path.read_bytes()


def test_a_failed_write_keeps_the_old_picture(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    write_png(np.zeros((2, 2, 3), np.uint8), path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunFailure, match="No space left"):
        write_png(np.full((2, 2, 3), 9, np.uint8), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["picture.png"]


def test_other_pictures_are_refused(tmp_path):
    with pytest.raises(ValueError, match="a picture is"):
        write_png(np.zeros((2, 2), np.uint8), tmp_path / "picture.png")
    assert not list(tmp_path.iterdir())
