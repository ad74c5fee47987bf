"""The dataset `folder`: what it reads, what it refuses, and that hostile folders do not break it."""

import io
import json
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from zoo_bench.data import cache
from zoo_bench.data.decode import Unusable, decode
from zoo_bench.data.folder import Folder
from zoo_bench.data.options import FolderOptions
from zoo_bench.data.resize import is_pixel_art, square
from zoo_bench.data.split import held_out

from zoo_core.errors import ZooError
from zoo_core.options import describe, parse

WHITE = (255, 255, 255)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def noise(seed, size=(16, 16), mode="RGB"):
    """An image unlike those of other seeds."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], bands), np.uint8)
    return Image.fromarray(values if bands > 1 else values[..., 0], mode=None).convert(mode)


def fill(folder, count=16, start=0, suffix=".png"):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(start, start + count):
        noise(seed).save(folder / f"{seed:04d}{suffix}")
    return folder


def load(folder, size=16, channels=3, labels=(), background=WHITE, **options):
    return Folder(FolderOptions(path=str(folder), **options)).load(size, channels, labels, background)


def reasons(images):
    return {item.name: item.reason for item in images.skipped}


def jsonl(folder, *records):
    (folder / "metadata.jsonl").write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in records))


# What it delivers


def test_pixels_of_matching_size_are_the_files_own_in_order_of_name(tmp_path):
    folder = fill(tmp_path / "a")
    images = load(folder)
    assert images.pixels.shape == (16, 16, 16, 3) and images.pixels.dtype == np.uint8
    assert images.names == tuple(f"{i:04d}.png" for i in range(16))
    assert images.labels.shape == (16, 0) and images.labels.dtype == np.int64 and images.held_out.dtype == bool
    for seed in range(16):
        assert np.array_equal(images.pixels[seed], np.asarray(noise(seed)))
    assert images.skipped == () and images.space.size == 16


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels(tmp_path, channels):
    images = load(fill(tmp_path / "a"), channels=channels)
    assert images.pixels.shape[-1] == channels
    rgb = np.asarray(noise(3)).astype(float)
    if channels == 1:
        luma = rgb @ [0.299, 0.587, 0.114]
        assert np.abs(images.pixels[3, ..., 0] - luma).max() <= 1
    elif channels == 4:
        assert np.array_equal(images.pixels[3, ..., :3], rgb) and (images.pixels[..., 3] == 255).all()


def test_every_format_is_read_with_its_first_frame(tmp_path):
    folder = fill(tmp_path / "a")
    noise(100).save(folder / "a.webp", lossless=True)
    flat = [Image.new("RGB", (16, 16), c) for c in ((255, 0, 0), (0, 0, 255))]
    flat[0].save(folder / "b.gif", save_all=True, append_images=flat[1:])
    flat[1].save(folder / "c.JPEG", quality=95)
    images = load(folder)
    pixel = dict(zip(images.names, images.pixels, strict=True))
    assert np.array_equal(pixel["a.webp"], np.asarray(noise(100)))
    assert (pixel["b.gif"] == (255, 0, 0)).all()
    assert np.abs(pixel["c.JPEG"].astype(int) - (0, 0, 255)).max() < 8


# Alpha and padding


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


# Resizing


@pytest.mark.parametrize("before,after", [(16, 32), (16, 48), (24, 16), (32, 48), (30, 20), (40, 10)])
def test_area_is_the_mean_over_the_covered_area(before, after):
    image = noise(before, (before, before))
    fine = np.asarray(image, float).repeat(after, 0).repeat(after, 1)  # (before * after)^2, exact in both grids
    expected = fine.reshape(after, before, after, before, 3).mean((1, 3))
    assert np.abs(square(image, after, 3, WHITE, "area") - expected).max() <= 0.51


def test_auto_keeps_pixel_art_exact_and_smooths_photographs(tmp_path):
    art, photos = tmp_path / "art", tmp_path / "photos"
    art.mkdir(), photos.mkdir()
    for seed in range(16):
        palette = np.random.default_rng(seed).integers(0, 256, (6, 3), np.uint8)
        Image.fromarray(palette[np.random.default_rng(-~seed).integers(0, 6, (16, 16))]).save(art / f"{seed}.png")
        noise(seed, (40, 40)).save(photos / f"{seed}.png")
    small, large = load(art, 16), load(art, 48)
    assert np.array_equal(large.pixels, small.pixels.repeat(3, 1).repeat(3, 2))
    assert "area" in large.note and "lanczos" in load(photos, 16).note
    big = tmp_path / "big"
    big.mkdir()
    for name, pixels in zip(large.names, large.pixels, strict=True):
        Image.fromarray(pixels).save(big / name)
    assert np.array_equal(load(big, 16).pixels, small.pixels)  # enlarged pixel art shrinks back to itself
    nearest = load(art, 24, resize="nearest")
    assert all(len(np.unique(p.reshape(-1, 3), axis=0)) <= 6 for p in nearest.pixels) and "nearest" in nearest.note


def test_large_drawings_of_few_colours_are_not_pixel_art():
    assert is_pixel_art([Image.new("RGB", (64, 64))])
    assert not is_pixel_art([Image.new("RGB", (1024, 1024))])
    assert not is_pixel_art([noise(0)])
    assert not is_pixel_art([])


# Modes


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


# Labels


def test_labels_of_metadata(tmp_path):
    folder = fill(tmp_path / "a", 20)
    kinds = ["bird", "cat", None, "ant"]
    jsonl(
        folder,
        *(
            {
                "file_name": f"{i:04d}.png",
                "kind": kinds[i % 4],
                "level": [10, 9, 2.5, 9.0][i % 4],
                "good": i % 3 == 0,
                "title": f"image {i}",
                "constant": "x",
                "boxes": [1, 2] if i % 2 else "none",
            }
            for i in range(20)
        ),
    )
    attributes = Folder(FolderOptions(path=str(folder))).attributes()
    assert attributes == {"good": ("false", "true"), "kind": ("ant", "bird", "cat"), "level": ("2.5", "9", "10")}
    images = load(folder, labels=("level", "kind"))
    assert images.space.labels == {"level": attributes["level"], "kind": attributes["kind"]} and images.space.classes == (3, 3)
    assert images.labels[:4].tolist() == [[2, 1], [1, 2], [0, -1], [1, 0]]


def test_metadata_csv_and_images_it_does_not_name(tmp_path):
    folder = fill(tmp_path / "a", 20)
    rows = [f"{i:04d}.png,{'xy'[i % 2]},{'val' if i < 3 else 'train'}" for i in range(18)]
    (folder / "metadata.csv").write_text("\ufefffile_name,kind,split\n" + "\n".join(rows) + "\n", encoding="utf-8")
    images = load(folder, labels=("kind",))
    assert images.labels[:, 0].tolist() == [i % 2 for i in range(18)] + [-1, -1]
    assert images.held_out.tolist() == [i < 3 for i in range(20)]


def test_class_folders(tmp_path):
    for start, name in enumerate(("cat", "dog", "ant")):
        fill(tmp_path / "a" / name / ("deep" if name == "dog" else ""), 6, start * 6)
    images = load(tmp_path / "a", labels=("class",))
    assert images.space.labels == {"class": ("ant", "cat", "dog")}
    assert images.labels[:, 0].tolist() == [0] * 6 + [1] * 6 + [2] * 6
    assert images.names[0] == "ant/0012.png" and images.names[-1] == "dog/deep/0011.png"
    assert load(tmp_path, labels=("class",)).space.labels == images.space.labels  # a folder all images share says nothing


def test_split_folders_are_no_classes(tmp_path):
    for start, name in enumerate(("train/cat", "train/dog", "Test/cat", "Test/dog")):
        fill(tmp_path / "a" / name, 5, start * 5)
    images = load(tmp_path / "a", labels=("class",))
    assert images.space.labels == {"class": ("cat", "dog")}
    assert [name.startswith("Test") for name in images.names] == images.held_out.tolist()
    fill(tmp_path / "flat" / "train", 12), fill(tmp_path / "flat" / "val", 5, 12)
    flat = Folder(FolderOptions(path=str(tmp_path / "flat")))
    assert flat.attributes() == {} and flat.load(16, 3, (), WHITE).held_out.sum() == 5


def test_a_class_called_test_is_a_class(tmp_path):
    fill(tmp_path / "a" / "test", 8), fill(tmp_path / "a" / "quiz", 8, 8)
    assert Folder(FolderOptions(path=str(tmp_path / "a"))).attributes() == {"class": ("quiz", "test")}


def test_metadata_in_split_folders(tmp_path):
    for start, name in enumerate(("train", "validation")):
        folder = fill(tmp_path / "a" / name, 10, start * 10)
        jsonl(folder, *({"file_name": f"{start * 10 + i:04d}.png", "kind": "pq"[i % 2]} for i in range(10)))
    images = load(tmp_path / "a", labels=("kind",))
    assert images.labels[:, 0].tolist() == [0, 1] * 10 and images.held_out.tolist() == [False] * 10 + [True] * 10


def test_unknown_label(tmp_path):
    folder = fill(tmp_path / "a", 20)
    jsonl(folder, *({"file_name": f"{i:04d}.png", "type1": "ab"[i % 2], "shape": "cd"[i % 2]} for i in range(20)))
    with pytest.raises(ZooError, match=r"no label typ1: did you mean type1\? it has shape, type1$"):
        load(folder, labels=("typ1",))
    with pytest.raises(ZooError, match="no label class: it has no labels"):
        load(fill(tmp_path / "b"), labels=("class",))


# The held-out part


def test_hash_split_is_stable_when_images_are_added():
    names = [f"{i}.png" for i in range(2000)]
    some, more = held_out(names[::2], [None] * 1000, 0.1), held_out(names, [None] * 2000, 0.1)
    assert some == more[::2]
    assert 140 < sum(more) < 260
    assert sum(held_out(names, [None] * 2000, 0)) == 0
    assert sum(held_out(names[:16], [None] * 16, 1e-9)) == 1
    assert held_out(["a"], [None], 0.1) == [False]


def test_stated_split_counts_if_it_has_two_sides():
    assert held_out(list("abc"), ["train", " VAL", None], 0.1) == [False, True, False]
    assert held_out(list("abc"), ["Training", "dev", "test"], 0.0) == [False, True, True]
    names = [str(i) for i in range(100)]
    assert held_out(names, ["train"] * 100, 0.2) == held_out(names, [None] * 100, 0.2) == held_out(names, ["odd"] * 100, 0.2)


def test_limit_takes_from_everywhere_and_is_stable(tmp_path):
    for start, name in enumerate(("cat", "dog")):
        fill(tmp_path / "a" / name, 40, start * 40)
    images = load(tmp_path / "a", labels=("class",), limit=30)
    assert len(images.names) == 30 and min(np.bincount(images.labels[:, 0])) > 5
    assert list(images.names) == sorted(images.names) and 0 < images.held_out.sum() < 15


# Hostile folders


def test_bad_files_are_skipped_with_a_reason(tmp_path):
    folder = fill(tmp_path / "a")
    good = io.BytesIO()
    noise(50, (64, 64)).save(good, "PNG")
    (folder / "truncated.png").write_bytes(good.getvalue()[:3000])
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("not an image")
    (folder / "bomb.png").write_bytes(png(60000, 60000, 8, 0, b""))
    (folder / "large.png").write_bytes(png(9000, 9000, 8, 0, b""))
    (folder / "copy.webp").write_bytes((folder / "0003.png").read_bytes())
    (folder / "wrong name.gif").write_bytes(good.getvalue())
    (folder / "photo.tiff").touch()
    (folder / "README.md").touch()
    (folder / ".hidden.png").touch()
    noise(51, (7, 30)).save(folder / "tiny.png")
    Image.new("RGBA", (16, 16), (1, 2, 3, 0)).save(folder / "clear.png")
    os.mkfifo(folder / "pipe.png")
    (folder / "gone.png").symlink_to(folder / "nowhere")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = load(folder)
    why = reasons(images)
    assert images.names == (*(f"{i:04d}.png" for i in range(16)), "wrong name.gif")
    expected = {
        "truncated.png": "truncated",
        "empty.png": "empty file",
        "text.jpg": "not a PNG",
        "bomb.png": "pixels, more than|more than 50000000 pixels",
        "large.png": "9000 x 9000 pixels, more than max_pixels=50000000",
        "copy.webp": "the same pixels as 0003.png",
        "photo.tiff": ".tiff files are not read",
        "tiny.png": "7 x 30 pixels, below 8",
        "clear.png": "every pixel is transparent",
        "gone.png": "cannot be read",
    }
    assert set(why) == set(expected)
    for name, words in expected.items():
        assert any(word in why[name] for word in words.split("|")) and "\n" not in why[name], (name, why[name])


def test_equal_pixels_in_other_clothes_are_duplicates(tmp_path):
    folder = fill(tmp_path / "a")
    noise(0).convert("RGBA").save(folder / "x.png")
    noise(1).save(folder / "y.webp", lossless=True)
    for seed, name in enumerate(("hidden1.png", "hidden2.png")):
        pixels = np.asarray(noise(99, mode="RGBA")).copy()
        pixels[:8, :, :3], pixels[:8, :, 3] = seed, 0  # the colour of what is transparent is nothing to see
        Image.fromarray(pixels).save(folder / name)
    images = load(folder)
    assert set(reasons(images)) == {"x.png", "y.webp", "hidden2.png"} and len(images.names) == 17


def test_metadata_with_broken_lines(tmp_path):
    folder = fill(tmp_path / "a" / "in")
    fill(tmp_path, 1, 500)
    ok = [{"file_name": f"{i:04d}.png", "kind": "ab"[i % 2]} for i in range(16)]
    jsonl(
        folder,
        '{"file_name": "0000.png", "kind": \n',
        *ok,
        "[1]\n",
        "\n",
        '{"kind": "a"}\n',
        '{"file_name": 7}\n',
        '{"file_name": "nothing.png"}\n',
        '{"file_name": "../../0500.png"}\n',
        '{"file_name": "/etc/passwd"}\n',
        '{"file_name": "0001.png", "kind": "b"}\n',
        "[" * 100_000 + "\n",
        '{"file_name": "0002.png", "n": ' + "9" * 5000 + "}\n",
        '{"file_name": "a\\u0000b"}\n',
    )
    with open(folder / "metadata.jsonl", "ab") as stream:
        stream.write(b'{"file_name": "\xff\xfe"}\n')
    images = load(folder, labels=("kind",))
    assert images.labels[:, 0].tolist() == [0, 1] * 8
    why = reasons(images)
    words = {1: "JSON", 18: "object", 20: "no file_name", 21: "no file_name", 22: "no image", 23: "outside", 24: "outside"}
    words |= {25: "again", 26: "JSON", 27: "JSON", 28: "no image", 29: "JSON"}
    assert {int(name.rpartition(":")[2]) for name in why} == set(words)
    for line, word in words.items():
        assert word in why[f"metadata.jsonl:{line}"], line


def test_symlink_loops_end_and_linked_files_count(tmp_path):
    folder = fill(tmp_path / "a")
    (folder / "loop").symlink_to(folder)
    (folder / "self.png").symlink_to(folder / "self.png")
    fill(tmp_path / "blobs", 3, 20)
    (folder / "linked").symlink_to(tmp_path / "blobs")
    (folder / "one.png").symlink_to(tmp_path / "blobs" / "0020.png")
    images = load(folder)
    assert len(images.names) == 19 and set(reasons(images)) == {"one.png", "self.png"}


@pytest.mark.parametrize(
    "make,words",
    [
        (lambda p: "", "type --dataset folder:PATH"),
        (lambda p: str(p / "absent"), "no folder"),
        (lambda p: str((p / "a.zip").touch() or p / "a.zip"), "is a file"),
        (lambda p: str(p / "bare"), "no PNG, JPEG, WebP or GIF image"),
        (lambda p: "a\0b", "cannot be opened|no folder"),
        (lambda p: "x" * 5000, "cannot be opened|no folder"),
        (lambda p: str(fill(p / "few", 3)), "has 3 usable images, 16 are needed"),
    ],
)
def test_user_errors_are_one_line(tmp_path, make, words):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "notes.txt").touch()
    with pytest.raises(ZooError, match=words) as error:
        load(make(tmp_path))
    assert "\n" not in str(error.value)


def test_odd_names_stay_printable(tmp_path):
    folder = fill(tmp_path / "a")
    noise(70).save(os.fsencode(folder) + b"/\xff\n.png", "PNG")
    images = load(folder)
    assert len(images.names) == 17
    for name in images.names:
        assert name.isprintable() and name.encode()


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


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_metadata_is_survived(tmp_path, data):
    folder = tmp_path / "m"
    if not folder.exists():
        fill(folder, 2)
    for name in ("metadata.jsonl", "metadata.csv"):
        (folder / name).write_bytes(b"file_name,kind\n0000.png," * (name == "metadata.csv") + data)
        for values in Folder(FolderOptions(path=str(folder))).attributes().values():
            assert len(values) >= 2
        (folder / name).unlink()


# The cache


def test_cache_is_used_and_follows_the_files(tmp_path, monkeypatch):
    folder = fill(tmp_path / "a")
    first = load(folder)
    decoded = []
    monkeypatch.setattr("zoo_bench.data.folder.decode", lambda path, *a, **k: decoded.append(path) or decode(path, *a, **k))
    assert load(folder).sha256 == first.sha256 and load(folder).skipped == first.skipped and not decoded
    assert load(folder, background=(0, 0, 0)).sha256 == first.sha256 and decoded  # another key, equal pixels: all are opaque
    noise(1000).save(folder / "0005.png")
    changed = load(folder)
    assert np.array_equal(changed.pixels[5], np.asarray(noise(1000)))
    assert np.array_equal(changed.pixels[:5], first.pixels[:5])


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_damaged_cache_is_ignored(tmp_path, keep):
    arrays = {"x": np.arange(1000), "y": np.ones((3, 2), np.uint8)}
    cache.cached("key", lambda: arrays)
    (file,) = cache.cache_folder().rglob("*.npz")
    data = file.read_bytes()
    file.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    again = cache.cached("key", lambda: {"x": np.zeros(2)})
    assert again["x"].tolist() == [0, 0]
    assert cache.cached("key", dict)["x"].tolist() == [0, 0]  # and mended


@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_in_the_cache_changes_no_value(place, value):
    def make():
        return {"x": np.arange(50)}

    cache.cached("key", make)
    (file,) = cache.cache_folder().rglob("*.npz")
    data = bytearray(file.read_bytes())
    data[int(place * len(data))] = value
    file.write_bytes(data)
    found = cache.cached("key", make)
    assert all(np.array_equal(array, np.arange(50)) for array in found.values())
    file.unlink(missing_ok=True)


def test_cache_holds_no_pickles_and_may_be_unwritable(tmp_path, monkeypatch):
    cache.cached("key", lambda: {"x": np.arange(3)})
    (file,) = cache.cache_folder().rglob("*.npz")
    with file.open("wb") as stream:
        np.savez(stream, x=np.array([{"a": 1}], object))
    assert cache.cached("key", lambda: {"x": np.arange(4)})["x"].tolist() == [0, 1, 2, 3]
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    assert cache.cached("key", lambda: {"x": np.arange(5)})["x"].tolist() == [0, 1, 2, 3, 4]


def test_cache_drops_what_was_used_longest_ago(monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 3000)
    for number in range(4):
        cache.cached(f"key{number}", lambda: {"x": np.zeros(1000, np.uint8)})
        for age, file in enumerate(sorted(cache.cache_folder().rglob("*.npz"), key=lambda f: f.stat().st_mtime_ns)):
            os.utime(file, ns=(10**9 * age, 10**9 * age))
    made = []
    for number in (3, 2, 0):
        cache.cached(f"key{number}", lambda number=number: made.append(number) or {"x": np.zeros(1)})
    assert made == [0]


def test_failures_are_not_cached():
    with pytest.raises(ZooError):
        cache.cached("key", lambda: (_ for _ in ()).throw(ZooError("no")))
    assert not list(cache.cache_folder().rglob("*"))


# Options and real data


def test_options_can_be_described_and_parsed():
    assert next(item.name for item in describe(FolderOptions)) == "path"
    assert parse(FolderOptions, {"path": "x", "held_out": "0.2", "limit": "5"}, "dataset folder").limit == 5
    with pytest.raises(ZooError):
        parse(FolderOptions, {"resize": "cubic"}, "dataset folder")


@pytest.mark.skipif(not (SHARED / "pokemon" / "bw96").is_dir(), reason="the shared images are absent")
def test_real_sprites():
    dataset = Folder(FolderOptions(path=str(SHARED / "pokemon" / "bw96")))
    assert {"type1", "type2", "shape", "color", "generation"} <= dataset.attributes().keys()
    assert not {"name", "dex", "split", "file_name"} & dataset.attributes().keys()
    images = dataset.load(48, 3, ("type1", "type2"), WHITE)
    assert len(images.names) == 649 and images.held_out.sum() == 66 and images.skipped == () and "area" in images.note
    assert images.labels[:, 0].min() == 0 and images.labels[:, 1].min() == -1
    assert images.space.labels["type1"][images.labels[24, 0]] == "electric" and images.names[24] == "0025.png"
    assert (images.pixels[:, 0, 0] == 255).all(1).mean() > 0.95  # corners are background
