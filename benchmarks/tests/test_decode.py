"""Decoding and resizing of single images: every mode, any shape, no fringes, and bytes that are no image."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo_bench.data.decode import Unusable, decode
from zoo_bench.data.resize import is_pixel_art, square

WHITE = (255, 255, 255)


def noise(seed, size=(16, 16), mode="RGB"):
    """An image unlike those of other seeds."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], bands), np.uint8)
    return Image.fromarray(values if bands > 1 else values[..., 0], mode=None).convert(mode)


def disc(size=64):
    """A red disc with a soft edge on transparent black."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    alpha = np.clip(size * 0.35 - np.hypot(x, y) + 0.5, 0, 1)
    pixels = np.zeros((size, size, 4), np.uint8)
    pixels[alpha > 0, :3] = (255, 0, 0)
    pixels[..., 3] = np.rint(alpha * 255)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("how", ["lanczos", "area", "nearest"])
@pytest.mark.parametrize("size", [32, 48, 96])
def test_no_dark_fringe(tmp_path, how, size):
    disc().save(tmp_path / "disc.png")
    image = decode(tmp_path / "disc.png", 10**6)
    over_white = square(image, size, 3, WHITE, how).astype(int)
    assert over_white[..., 0].min() >= 253  # white and red both have full red; a fringe of black does not
    assert np.abs(over_white[..., 1] - over_white[..., 2]).max() <= 1
    straight = square(image, size, 4, WHITE, how)
    seen = straight[straight[..., 3] >= 16]
    assert seen[:, 0].min() >= 250 and seen[:, 1:3].max() <= 5
    assert (straight[straight[..., 3] == 0] == 0).all()


@given(st.integers(0, 10**6), st.sampled_from(["lanczos", "area", "nearest"]), st.integers(8, 40), st.integers(8, 40))
@settings(max_examples=30, deadline=None)
def test_composite_equals_straight_alpha_over_background(seed, how, width, height):
    image = noise(seed, (width, height), "RGBA").convert("RGBa")
    background = (30, 200, 90)
    straight = square(image, 24, 4, background, how).astype(float)
    alpha = straight[..., 3:] / 255
    expected = straight[..., :3] * alpha + np.array(background) * (1 - alpha)
    assert np.abs(square(image, 24, 3, background, how) - expected).max() <= 1.5


def test_padded_with_background_never_cropped(tmp_path):
    Image.new("RGB", (40, 20), (0, 0, 255)).save(tmp_path / "a.png")
    image = decode(tmp_path / "a.png", 10**6)
    pixels = square(image, 20, 3, (9, 8, 7))
    assert (pixels[5:15] == (0, 0, 255)).all() and (pixels[:5] == (9, 8, 7)).all() and (pixels[15:] == (9, 8, 7)).all()
    assert (square(image, 20, 4, (9, 8, 7))[:5] == 0).all()


@pytest.mark.parametrize("shape", [(8, 3000), (3000, 8), (9, 33), (257, 255)])
@pytest.mark.parametrize("how", ["lanczos", "area", "nearest"])
def test_any_aspect_fits(shape, how):
    pixels = square(Image.new("RGB", shape, (0, 0, 255)), 32, 4, WHITE, how)
    drawn = pixels[..., 3] == 255
    wanted = [max(1, round(32 * side / max(shape))) for side in shape]
    assert [np.ptp(np.nonzero(drawn)[1]) + 1, np.ptp(np.nonzero(drawn)[0]) + 1] == wanted
    assert (pixels[drawn][:, :3] == (0, 0, 255)).all()


@pytest.mark.parametrize("before,after", [(16, 32), (16, 48), (24, 16), (32, 48), (30, 20), (40, 10)])
def test_area_is_the_mean_over_the_covered_area(before, after):
    image = noise(before, (before, before))
    fine = np.asarray(image, float).repeat(after, 0).repeat(after, 1)  # (before * after)^2, exact in both grids
    expected = fine.reshape(after, before, after, before, 3).mean((1, 3))
    assert np.abs(square(image, after, 3, WHITE, "area") - expected).max() <= 0.6  # of one rounding to whole numbers


def test_large_drawings_of_few_colours_are_not_pixel_art():
    assert is_pixel_art([Image.new("RGB", (64, 64))])
    assert not is_pixel_art([Image.new("RGB", (1024, 1024))])
    assert not is_pixel_art([noise(0)])
    assert not is_pixel_art([])


def gradient(mode):
    values = np.linspace(0, 65535, 256).reshape(16, 16)
    if mode == "I;16":
        return Image.fromarray(values.astype(np.uint16))
    return Image.fromarray((values / 257).astype(np.uint8))


def test_grey_of_16_bits_is_scaled_not_clipped(tmp_path):
    gradient("I;16").save(tmp_path / "a.png")
    pixels = square(decode(tmp_path / "a.png", 10**6), 16, 1, WHITE)
    assert np.abs(pixels[..., 0] - np.linspace(0, 255, 256).reshape(16, 16)).max() <= 0.51


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, *chunks):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize("colour,key", [(0, (1000,)), (2, (1000, 2000, 65535))])
def test_transparent_colour_key_of_16_bits(tmp_path, colour, key):
    seen = (40000,) * len(key)
    row = b"\0" + struct.pack(f">{len(key)}H", *key) * 8 + struct.pack(f">{len(key)}H", *seen) * 8
    (tmp_path / "a.png").write_bytes(png(16, 16, 16, colour, row * 16, chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))))
    alpha = square(decode(tmp_path / "a.png", 10**6), 16, 4, WHITE)[..., 3]
    assert (alpha[:, :8] == 0).all() and (alpha[:, 8:] == 255).all()


def test_palette_with_transparency(tmp_path):
    image = Image.new("P", (16, 16), 1)
    image.putpalette([0, 0, 0, 0, 255, 0])
    image.paste(0, (0, 0, 16, 8))
    image.save(tmp_path / "a.png", transparency=0)
    image.save(tmp_path / "a.gif", transparency=0)
    image.save(tmp_path / "b.png", transparency=bytes([128, 255]))
    for name in ("a.png", "a.gif"):
        pixels = square(decode(tmp_path / name, 10**6), 16, 3, WHITE)
        assert (pixels[:8] == 255).all() and (pixels[8:] == (0, 255, 0)).all()
    assert np.abs(square(decode(tmp_path / "b.png", 10**6), 16, 3, WHITE)[:8].astype(int) - 127).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_modes_look_as_pillow_shows_them(tmp_path, mode):
    image = Image.new("RGB", (16, 16), (200, 40, 90)).convert(mode)
    name = tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.png")
    image.save(name)
    expected = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(square(decode(name, 10**6), 16, 3, WHITE) - expected).max() <= 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, orientation):
    from PIL import ImageOps

    image = Image.new("RGB", (32, 16), (255, 0, 0))
    image.paste((0, 0, 255), (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    assert np.array_equal(np.asarray(decode(tmp_path / "a.png", 10**6)), expected)
    assert (decode(tmp_path / "a.png", 10**6).size == (32, 16)) == (orientation <= 4)


def test_large_jpegs_may_be_decoded_smaller_but_look_the_same(tmp_path):
    y, x = np.mgrid[:800, :1200]
    smooth = np.stack([x / 5, y / 4, (x + y) / 10], 2).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    small, full = decode(tmp_path / "a.jpg", 10**7, draft=128), decode(tmp_path / "a.jpg", 10**7)
    assert 128 <= max(small.size) < 1200 == max(full.size)
    assert np.abs(square(small, 64, 3, WHITE).astype(int) - square(full, 64, 3, WHITE)).max() <= 8


@given(data=st.binary(max_size=400), head=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_give_an_image_or_a_reason(tmp_path, data, head):
    expect_image_or_reason(tmp_path / "x.png", head + data)


@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.floats(0.3, 1),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_give_an_image_or_a_reason(tmp_path, kind, edits, cut):
    stream = io.BytesIO()
    noise(1, (20, 12)).save(stream, kind)
    data = bytearray(stream.getvalue())
    for place, value in edits:
        data[int(place * len(data))] = value
    expect_image_or_reason(tmp_path / "x.png", bytes(data[: int(cut * len(data))]))


def expect_image_or_reason(path, data):
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = decode(path, 10**6, draft=32)
        except Unusable as reason:
            assert str(reason) and "\n" not in str(reason)
        else:
            assert image.mode in ("RGB", "RGBa") and image.width * image.height <= 10**6
            assert square(image, 16, 3, WHITE).shape == (16, 16, 3)
