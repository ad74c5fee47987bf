"""`zoo data make`: packed copies of folders, datasets and sprite sheets, and the dataset that reads them."""

import hashlib
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo_bench.data.folder import Folder
from zoo_bench.data.load import load_images
from zoo_bench.data.options import FolderOptions, PackedOptions
from zoo_bench.data.packed import Packed
from zoo_bench.data.sheets import cut, tile_of
from zoo_core.cli import main, zoo
from zoo_core.errors import ZooError
from zoo_core.mapped import mapping
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_train.plan import plan

WHITE = (255, 255, 255)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def noise(seed, size=16, bands=3):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size, size, bands), np.uint8))


def pictures(folder, n=20, bands=3):
    for k in range(n):
        place = folder / "ab"[k % 2]
        place.mkdir(parents=True, exist_ok=True)
        noise(k, bands=bands).save(place / f"{k:03d}.png")
    return folder


def make(*words):
    done = CliRunner().invoke(zoo, ["data", "make", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def load(path, size=16, channels=3, labels=(), background=WHITE, **options):
    return Packed(PackedOptions(path=str(path), **options)).load(size, channels, labels, background)


@pytest.mark.parametrize(("channels", "bands"), [(3, 3), (1, 3), (4, 4), (3, 4)])
def test_a_packed_copy_is_the_folder(tmp_path, channels, bands):
    folder = pictures(tmp_path / "pictures", bands=bands)
    (folder / "bad.png").write_bytes(b"")
    said = make(folder, "out/packed", "--size", 16, "--channels", channels, "--background", "#102030")
    wanted = Folder(FolderOptions(path=str(folder))).load(16, channels, ("class",), (16, 32, 48))
    found = load("out/packed", 16, channels, ("class",), (16, 32, 48))
    assert found.sha256 == wanted.sha256 and found.names == wanted.names and found.skipped == wanted.skipped
    assert found.note == wanted.note and found.space == wanted.space
    assert f"next: zoo bench --dataset packed:out/packed --size 16{'' if channels == 3 else f' --channels {channels}'}" in said
    assert Packed(PackedOptions(path="out/packed")).attributes() == {"class": ("a", "b")}
    assert load("out/packed", 16, channels, (), (16, 32, 48)).labels.shape == (20, 0)
    assert {file.name for file in (tmp_path / "out" / "packed").iterdir()} == {"manifest.json", "images.json", "pixels.npy"}
    assert np.array_equal(np.load("out/packed/pixels.npy"), found.pixels)


def test_a_dataset_by_name_with_options_can_be_packed():
    make("creatures", "packed", "--size", 16, "--set", "count=20")
    found = load("packed", labels=("body",))
    assert len(found.pixels) == 20 and found.space.labels["body"] and "drawn by zoo-creatures" in found.note


def test_a_packed_copy_above_its_budget_is_mapped():
    make("creatures", "packed", "--size", 128, "--set", "count=32")
    memory, mapped = load("packed", 128), load("packed", 128, memory=1)
    assert mapping(memory.pixels) is None and mapping(mapped.pixels) is not None and memory.sha256 == mapped.sha256


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"size": 32}, "packed with size 16: type --size 16"),
        ({"channels": 4}, "packed with channels 3: type --channels 3"),
        ({"background": (0, 0, 0)}, "type --background '#ffffff'"),
        ({"labels": ("kind",)}, "has no label kind: it has class"),
    ],
)
def test_what_was_not_packed_is_an_error_that_says_what_was(tmp_path, asked, said):
    make(pictures(tmp_path / "pictures"), "packed", "--size", 16)
    with pytest.raises(ZooError, match=said):
        load("packed", **asked)


@pytest.mark.parametrize("name", ["pixels.npy", "images.json"])
def test_a_changed_or_cut_file_is_refused(tmp_path, name):
    make(pictures(tmp_path / "pictures"), "packed", "--size", 16)
    load("packed")
    file = tmp_path / "packed" / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(ZooError, match="its sha256 differs"):
        load("packed")
    file.write_bytes(data[:-1])
    with pytest.raises(ZooError, match="is not whole"):
        load("packed")
    file.unlink()
    with pytest.raises(ZooError, match=r"make the copy again|no packed copy"):
        load("packed")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v))
)
def test_any_manifest_is_an_error_or_a_set(tmp_path, value):
    out = tmp_path / "packed"
    if not out.exists():
        make(pictures(tmp_path / "pictures"), "packed", "--size", 16)
    whole = json.loads((tmp_path / "packed" / "manifest.json").read_text())
    for key in whole:
        (tmp_path / "packed" / "manifest.json").write_text(json.dumps({**whole, key: value}))
        try:
            assert len(load("packed").pixels) == 20
        except ZooError as error:
            assert "\n" not in str(error)
    (tmp_path / "packed" / "manifest.json").write_text(json.dumps(whole))


def test_a_hash_is_computed_once(tmp_path, monkeypatch):
    make(pictures(tmp_path / "pictures"), "packed", "--size", 16)
    load("packed")
    monkeypatch.setattr("zoo_bench.data.packed.sha256", lambda file: pytest.fail("hashed again"))
    load("packed")


def test_wrong_words_are_errors(tmp_path):
    folder = pictures(tmp_path / "pictures")
    for words, said in [
        ((folder, folder, "--size", 16), "exists: type another name"),
        ((folder, "out", "--size", 8), "--size must be from 16 to 256"),
        ((folder, "out", "--size", 16, "--channels", 2), "--channels one of 1, 3, 4"),
        ((folder, "out", "--size", 16, "--sheet", "3x"), "type --sheet 64x64"),
        ((folder, "out", "--size", 16, "--sheet", "4x4"), "8 at least"),
        ((folder, "out", "--size", 16, "--sheet", "99x99"), "holds no tile of 99 x 99 pixels"),
        (("nowhere", "out", "--size", 16), "nowhere"),
        ((folder, "out", "--size", 16, "--set", "limt=3"), "limt"),
    ]:
        with pytest.raises(ZooError, match=said):
            make(*words)
        assert not (tmp_path / "out").exists()
    with pytest.raises(ZooError, match="is no packed copy: type zoo data make"):
        load(folder)
    with pytest.raises(ZooError, match="packed:PATH"):
        load("")
    make(folder, "out", "--size", 16)
    with pytest.raises(ZooError, match="is a packed copy: type --dataset packed:"):
        Folder(FolderOptions(path="out")).attributes()


def sheet(rows, columns, tile, bands=4):
    image = Image.new("RGBA" if bands == 4 else "RGB", (columns * tile[0] + 3, rows * tile[1] + 5))
    for row in range(rows):
        for column in range(columns):
            piece = np.random.default_rng(row * 100 + column).integers(0, 256, (tile[1], tile[0], bands), np.uint8)
            image.paste(Image.fromarray(piece), (column * tile[0], row * tile[1]))
    return image


def test_too_few_tiles_are_said_of_the_sheet(tmp_path, capsys):
    sheet(2, 3, (16, 12)).save(tmp_path / "sheet.png")
    assert main(["data", "make", str(tmp_path / "sheet.png"), str(tmp_path / "out"), "--size", "16", "--sheet", "16x12"]) == 2
    assert f"{tmp_path / 'sheet.png'} in tiles of 16x12 has 6 usable images, 16 are needed" in capsys.readouterr().err


@pytest.mark.parametrize("bands", [3, 4])
def test_tiles_of_a_sheet_are_its_pixels(tmp_path, bands):
    image = sheet(4, 6, (16, 12), bands)
    image.paste((0, 0, 0, 0) if bands == 4 else (9, 9, 9), (16, 12, 32, 24))  # an empty place
    image.save(tmp_path / "sheet.png")
    cut(tmp_path / "sheet.png", tile_of("16x12"), tmp_path / "tiles")
    files = sorted((tmp_path / "tiles" / "sheet").iterdir())
    assert len(files) == 23 and not (tmp_path / "tiles" / "sheet" / "r001c001.png").exists()
    tile = Image.open(tmp_path / "tiles" / "sheet" / "r002c003.png")
    wanted = np.asarray(image.crop((48, 24, 64, 36))).astype(int)
    seen = wanted[..., 3:] > 128 if bands == 4 else np.ones_like(wanted[..., :1], bool)
    assert tile.size == (16, 12) and np.abs((np.asarray(tile).astype(int) - wanted)[..., :3] * seen).max() <= 1


def test_a_folder_of_sheets_is_labelled_by_sheet(tmp_path):
    (tmp_path / "sheets").mkdir()
    for name in ("cats.png", "dogs.png"):
        sheet(3, 4, (16, 16)).rotate(180 if name == "dogs.png" else 0).save(tmp_path / "sheets" / name)
    make("sheets", "packed", "--size", 16, "--sheet", "16")
    found = load("packed", labels=("class",))
    assert found.space.labels == {"class": ("cats", "dogs")} and found.note == "cut from sheets in tiles of 16 x 16"
    assert "cats/r001c002.png" in found.names


def test_a_recipe_reads_a_packed_copy():
    make("creatures", "packed", "--size", 16, "--set", "count=20")
    catalog = discover()
    recipe = plan(catalog, model="dcgan", dataset="packed:packed", size=16, budget=Budget(steps=1), labels=("type",))
    assert load_images(recipe, catalog).sha256 == load("packed", labels=("type",)).sha256


def sheet_with_gaps(path, border, gap):
    """4 x 3 tiles of 16 x 16 pixels, and what was drawn into each."""
    tiles = np.random.default_rng(5).integers(1, 256, (3, 4, 16, 16, 3), np.uint8)
    sheet = np.zeros((2 * border + 3 * 16 + 2 * gap, 2 * border + 4 * 16 + 3 * gap, 3), np.uint8)
    for row in range(3):
        for column in range(4):
            top, left = border + row * (16 + gap), border + column * (16 + gap)
            sheet[top : top + 16, left : left + 16] = tiles[row, column]
    Image.fromarray(sheet).save(path)
    return tiles


@pytest.mark.parametrize(("typed", "border", "gap"), [("16x16", 0, 0), ("16+1", 1, 1), ("16x16+2+0", 0, 2), ("16+0+3", 3, 0)])
def test_sheets_with_border_and_gaps_are_cut_where_the_tiles_are(tmp_path, capsys, typed, border, gap):
    tiles = sheet_with_gaps(tmp_path / "s.png", border, gap)
    cut(tmp_path / "s.png", tile_of(typed), tmp_path / "out")
    for row in range(3):
        for column in range(4):
            with Image.open(tmp_path / f"out/s/r{row:03d}c{column:03d}.png") as image:
                assert (np.asarray(image.convert("RGB")) == tiles[row, column]).all()
    assert capsys.readouterr().err == ""


def test_a_sheet_that_is_no_whole_number_of_tiles_is_said(tmp_path, capsys):
    sheet_with_gaps(tmp_path / "s.png", 1, 1)
    cut(tmp_path / "s.png", tile_of("16x16"), tmp_path / "out")
    assert "s.png of 69 x 52 pixels is no whole number of tiles of 16 x 16" in capsys.readouterr().err


@pytest.mark.parametrize("bad", [99, -2, 2**70, "a", None, [0]], ids=str)
def test_labels_of_a_packed_copy_have_names(tmp_path, bad):
    """A copy whose sums fit, but which no zoo wrote."""
    make(pictures(tmp_path / "pictures"), "packed", "--size", 16)
    file, manifest = tmp_path / "packed/images.json", tmp_path / "packed/manifest.json"
    listed, said = json.loads(file.read_text()), json.loads(manifest.read_text())
    listed["labels"][3] = [bad]
    file.write_text(json.dumps(listed))
    said["files"]["images.json"] = {"bytes": file.stat().st_size, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    manifest.write_text(json.dumps(said))
    with pytest.raises(ZooError, match="is damaged"):
        load("packed", labels=("class",))
