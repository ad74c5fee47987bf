"""The dataset `folder` on folders that are broken, odd or made to harm."""

import io
import json
import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo_bench.data.folder import Folder
from zoo_bench.data.options import FolderOptions
from zoo_core.errors import ZooError
from zoo_core.files import write_json

WHITE = (255, 255, 255)


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


def png_header(width, height):
    """A PNG file that promises pixels and holds none."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (header, b"IDAT", b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_bad_files_are_skipped_with_a_reason(tmp_path):
    folder = fill(tmp_path / "a")
    good = io.BytesIO()
    noise(50, (64, 64)).save(good, "PNG")
    (folder / "truncated.png").write_bytes(good.getvalue()[:3000])
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("not an image")
    (folder / "bomb.png").write_bytes(png_header(60000, 60000))
    (folder / "large.png").write_bytes(png_header(9000, 9000))
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


def test_errors_name_the_cause(tmp_path):
    with pytest.raises(ZooError, match="raise limit=5"):
        load(fill(tmp_path / "a", 20), limit=5)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.bmp").touch()
    with pytest.raises(ZooError, match=r"x\.bmp: \.bmp files are not read"):
        load(tmp_path / "b")


def test_odd_names_stay_printable(tmp_path):
    folder = fill(tmp_path / "a")
    noise(70).save(os.fsencode(folder) + b"/\xff\n.png", "PNG")
    images = load(folder)
    assert len(images.names) == 17
    for name in images.names:
        assert name.isprintable() and name.encode()


def test_classes_and_labels_that_are_not_utf8_keep_their_letters(tmp_path):
    for start, name in ((0, b"\xe9t\xe9"), (20, b"hiver")):
        fill(tmp_path / "a" / "x", 20, start)
        os.rename(tmp_path / "a" / "x", os.fsencode(tmp_path / "a") + b"/" + name)
    images = load(tmp_path / "a", labels=("class",))
    assert images.space.labels == {"class": ("hiver", "été")} and len(images.names) == 40
    jsonl(fill(tmp_path / "b"), *({"file_name": f"{i:04d}.png", "t": ["\ud83d", "b"][i % 2]} for i in range(16)))
    assert load(tmp_path / "b", labels=("t",)).space.labels == {"t": ("?", "b")}


@pytest.mark.parametrize("value", ["\udce9", "\ud83d", {"\udcff": 1}, "plain \u00e9"])
def test_json_keeps_text_that_is_not_utf8(tmp_path, value):
    write_json(tmp_path / "x.json", [value])
    assert json.loads((tmp_path / "x.json").read_bytes()) == [value]


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


OURS = {
    "run": {"recipe.json": '{"format": 1, "model": "a/b", "parts": {}}'},
    "matrix": {"matrix.json": '{"format": 1, "cells": []}'},
    "eval": {"report.json": '{"scores": []}'},
    "model": {"config.json": "{}", "model.safetensors": ""},
    "packed": {"manifest.json": "{}", "pixels.npy": ""},
}


def test_what_zoo_wrote_is_no_part_of_a_set(tmp_path):
    folder = fill(tmp_path / "a", 20)
    before = load(folder)
    for number, (name, files) in enumerate(OURS.items()):
        fill(folder / "runs" / name / "samples", 2, 100 + 10 * number)
        for file, text in files.items():
            (folder / "runs" / name / file).write_text(text)
    images = load(folder)
    assert images.names == before.names and images.sha256 == before.sha256
    assert reasons(images).keys() == {f"runs/{name}" for name in OURS}
    assert "a run that zoo wrote" in reasons(images)["runs/run"]


@pytest.mark.parametrize("text", ['{"format": 1, "eggs": 3}', "[]", "", "[" * 100_000, '"recipe"'])
def test_recipes_of_a_kitchen_belong_to_somebody_else(tmp_path, text):
    fill(tmp_path / "a" / "cakes", 20)
    (tmp_path / "a" / "cakes" / "recipe.json").write_text(text)
    fill(tmp_path / "a" / "pies", 20, 20)
    assert len(load(tmp_path / "a").names) == 40


def test_a_folder_that_is_named_is_taken_whoever_wrote_it(tmp_path):
    fill(tmp_path / "run")
    (tmp_path / "run" / "recipe.json").write_text(OURS["run"]["recipe.json"])
    assert len(load(tmp_path / "run").names) == 16
