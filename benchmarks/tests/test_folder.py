"""The dataset `folder`: pixels, labels and splits of folders of every layout."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zoo_bench.data.decode import decode
from zoo_bench.data.folder import Folder
from zoo_bench.data.options import FolderOptions
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


def jsonl(folder, *records):
    (folder / "metadata.jsonl").write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in records))


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
