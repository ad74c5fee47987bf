"""`zoo sample`: what it writes is what the model draws, in every form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageSequence

from zoo_core.cli import main
from zoo_core.model.bundle import load_bundle, save_bundle
from zoo_core.model.latent_walk import walk
from zoo_core.pictures.animation import animation
from zoo_core.registry.catalog import discover
from zoo_testing.small import tiny_recipe, trained
from zoo_train.export import run_bundle

SIZE, STEP = 16, 18  # of a tile, and from tile to tile


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folders of models whose samples differ: untrained ones draw grey."""
    root = tmp_path_factory.mktemp("models")
    for name, given in {
        "plain": {"labels": ("type",)},
        "clear": {"channels": 4},
        "lines": {"model": "cgan", "guide": "edges"},
    }.items():
        bundle = run_bundle(trained(tiny_recipe(**given), 1))
        with torch.no_grad():
            for value in bundle.generator.parameters():
                value.add_(torch.randn(value.shape, generator=torch.Generator().manual_seed(0)) * 0.5)
        save_bundle(bundle, root / name)
    drawing = Image.new("L", (90, 60), 255)
    ImageDraw.Draw(drawing).ellipse((20, 10, 70, 50), outline=0, width=4)
    drawing.save(root / "drawing.png")
    return root


@pytest.fixture
def sample(models, tmp_path, capsys):
    def run(model, *arguments, out="out.png", code=0):
        assert main(["sample", str(models / model), "-o", str(tmp_path / out), *map(str, arguments)]) == code
        said = capsys.readouterr()
        return tmp_path / out if code == 0 else said.err

    return run


def tiles(picture, rows, columns):
    pixels = np.asarray(picture)
    assert pixels.shape[:2] == (rows * STEP - 2, columns * STEP - 2)
    corners = [(row * STEP, column * STEP) for row in range(rows) for column in range(columns)]
    return np.stack([pixels[y : y + SIZE, x : x + SIZE] for y, x in corners])


def drawn(pixels):
    return pixels.permute(0, 2, 3, 1).numpy()


def bundle_of(models, name):
    return load_bundle(models / name, discover())


def test_a_grid(models, sample):
    bundle = bundle_of(models, "plain")
    few, many = Image.open(sample("plain", "-n", 4)), Image.open(sample("plain", "-n", 8, out="many.png"))
    assert np.array_equal(tiles(few, 2, 2), drawn(bundle.sample(4)))
    assert np.array_equal(tiles(many, 2, 4)[:4], tiles(few, 2, 2))  # the same pictures whatever n
    fire = Image.open(sample("plain", "-n", 4, "--labels", "type=fire", "--seed", 7, "--truncation", 0.5))
    assert np.array_equal(tiles(fire, 2, 2), drawn(bundle.sample(4, 7, {"type": "fire"}, truncation=0.5)))
    assert fire.text["Seed"] == "7" and "Source" not in fire.text  # no path of this machine
    assert not np.array_equal(tiles(few, 2, 2)[0], tiles(few, 2, 2)[1])


def test_a_folder_of_pictures(models, sample, monkeypatch):
    monkeypatch.setattr("zoo_core.cli.sample.TO_FOLDER", 3)
    folder = sample("plain", "-n", 7, "--scale", 2, out="new/folder")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"{i:05d}.png" for i in range(7)]
    found = np.stack([np.asarray(Image.open(folder / name)) for name in names])
    assert np.array_equal(found[:, ::2, ::2], drawn(bundle_of(models, "plain").sample(7))) and found.shape[1:3] == (32, 32)


def test_strips(models, sample):
    bundle = bundle_of(models, "plain")
    strip = tiles(Image.open(sample("plain", "--interpolate", "3,4,5", "--frames", 5, "-n", 2)), 4, 5)
    points = [bundle.latents(2, seed) for seed in (3, 4, 5)]
    steps = walk(points, 5, bundle.prior, loop=False)
    labels = bundle.sample(2, 3), bundle.sample(2, 5)
    assert np.array_equal(strip[[0, 10]], drawn(labels[0]))  # it begins with the samples of the first seed
    assert np.array_equal(strip[[4, 14]], strip[[5, 15]])  # a leg ends where the next begins
    from zoo_core.model.labels import labels_tensor

    fixed = labels_tensor(bundle.space, {}, 2, 3)
    assert np.array_equal(strip[5:10], drawn(torch.cat([bundle.draw(z, fixed)[:1] for z in steps[1]])))


@pytest.mark.parametrize("suffix", [".gif", ".apng"])
def test_animations(models, sample, suffix):
    out = sample("plain", "--interpolate", "0,1", "--frames", 4, "--fps", 10, "-n", 2, out=f"walk{suffix}")
    with Image.open(out) as picture:
        assert (picture.format, picture.n_frames, picture.info["loop"]) == ("GIF" if suffix == ".gif" else "PNG", 8, 0)
        frames = [(np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(picture)]
    assert {duration for _, duration in frames} == {100}
    first = np.asarray(Image.open(sample("plain", "-n", 2, "--columns", 2)).convert("RGB")).astype(int)
    assert np.abs(frames[0][0] - first).max() <= (0 if suffix == ".apng" else 40)  # a GIF has 256 colours
    before = out.read_bytes()
    sample("plain", "--interpolate", "0,1", "--frames", 4, "--fps", 10, "-n", 2, out=f"walk{suffix}")
    assert out.read_bytes() == before


def test_frames_do_not_shine_through_each_other():
    frames = [np.zeros((4, 8, 4), np.uint8) for _ in range(2)]
    frames[0][:, :4] = (255, 0, 0, 255)
    frames[1][:, 4:] = (0, 0, 255, 255)
    for suffix in (".gif", ".apng"):
        import io

        with Image.open(io.BytesIO(animation(frames, suffix, 50))) as picture:
            found = [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(picture)]
        for frame, truth in zip(found, frames, strict=True):
            assert np.array_equal(frame[..., 3], truth[..., 3])
            assert np.array_equal(frame[truth[..., 3] > 0], truth[truth[..., 3] > 0])


def test_transparency(models, sample):
    clear = Image.open(sample("clear", "-n", 4, "--transparent"))
    assert clear.mode == "RGBA"
    assert np.array_equal(tiles(clear, 2, 2), drawn(bundle_of(models, "clear").sample(4)))
    assert np.asarray(clear)[SIZE, 0, 3] == 0  # between the tiles
    assert Image.open(sample("clear", "-n", 4)).mode == "RGB"
    folder = sample("clear", "-n", 1, "--transparent", out="folder")
    assert Image.open(folder / "00000.png").mode == "RGBA"


def test_guides(models, sample):
    guide = ("--guide", models / "drawing.png")
    rows = tiles(Image.open(sample("lines", *guide, *guide, "-n", 3)), 2, 4)
    assert np.array_equal(rows[:4], rows[4:]) and set(np.unique(rows[0])) == {0, 255}
    one = tiles(Image.open(sample("lines", *guide, "-n", 3, "--seed", 1)), 1, 4)
    assert np.array_equal(one[0], rows[0]) and not np.array_equal(one[1], rows[1])
    strip = tiles(Image.open(sample("lines", *guide, *guide, "--interpolate", "0,1", "--frames", 3)), 2, 4)
    assert np.array_equal(strip[0], rows[0]) and np.array_equal(strip[1], rows[1])
    folder = sample("lines", *guide, *guide, "-n", 3, out="folder")
    found = [np.asarray(Image.open(path)) for path in sorted(folder.iterdir())]
    assert np.array_equal(np.stack(found), rows[[1, 2, 3, 5, 6, 7]])  # without the lines
    with Image.open(sample("lines", *guide, "--interpolate", "0,1", "--frames", 2, out="a.apng")) as moving:
        assert np.array_equal(tiles(moving.convert("RGB"), 1, 2)[0], rows[0])


@pytest.mark.parametrize(
    ("model", "arguments", "out", "message"),
    [
        ("plain", (), "x.jpg", "type -o"),
        ("plain", (), "x.gif", "type --interpolate 0,1,2"),
        ("plain", ("--frames", 3), "x.png", "type --interpolate 0,1,2"),
        ("plain", ("--interpolate", "1"), "x.png", "two seeds or more"),
        ("plain", ("--interpolate", "a,b"), "x.png", "two seeds or more"),
        ("plain", ("--transparent",), "x.png", "draws no transparency"),
        ("plain", ("--labels", "type"), "x.png", "type NAME=VALUE"),
        ("plain", ("--labels", "type=fire", "--labels", "type=water"), "x.png", "each name once"),
        ("plain", ("--truncation", "-1"), "x.png", "type a number above 0"),
        ("plain", ("--guide", "none.png"), "x.png", "takes no guide"),
        ("lines", (), "x.png", "this model follows lines"),
        ("lines", ("--guide", "none.png"), "x.png", "there is no such file"),
        ("plain", ("-n", 0), "x.png", "--count"),
        ("plain", ("--labels", "type=steam"), "new/folder", "must be one of"),
    ],
)
def test_wrong_input_writes_nothing(sample, tmp_path, model, arguments, out, message):
    said = sample(model, *arguments, out=out, code=2)
    assert message in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())
