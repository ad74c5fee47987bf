"""Datasets of the Hub against a Hub on loopback, parquet files, and the datasets that are known by name."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from zoo_bench.data import cifar, parquet
from zoo_bench.data.hub import Hub, of_subset
from zoo_bench.data.known import cifar10
from zoo_bench.data.load import load_images
from zoo_bench.data.options import HubOptions, KnownOptions
from zoo_bench.plan import pinned
from zoo_core.cli import zoo
from zoo_core.errors import RunFailure, ZooError
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_train.plan import plan

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
pytest_plugins = ["zoo_testing.fake_hub.fixture"]
WHITE = (255, 255, 255)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def png(seed):
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def table(images, labels=None, names=("cat", "dog"), column="img", **more):
    """A parquet file as the Hub's `datasets` library writes one."""
    columns = {column: [{"bytes": data, "path": None} for data in images], **more}
    features = {column: {"_type": "Image"}}
    if labels is not None:
        columns["label"] = labels
        features["label"] = {"_type": "ClassLabel", "names": list(names)}
    found = pa.table(columns)
    said = json.dumps({"info": {"features": features}}).encode()
    stream = io.BytesIO()
    pq.write_table(found.replace_schema_metadata({b"huggingface": said}), stream, row_group_size=7)
    return stream.getvalue()


def load(path, labels=(), **options):
    return Hub(HubOptions(path=path, **options)).load(16, 3, labels, WHITE)


def repository(fake_hub, name="datasets/user/pets", **files):
    train = table([png(k) for k in range(30)], [k % 2 for k in range(30)])
    test = table([png(k) for k in range(30, 40)], [-1, 0, 1, 7, 0, 0, 0, 0, 0, 1])
    held = {
        "data/train-00000-of-00001.parquet": train,
        "data/test-00000-of-00001.parquet": test,
        "README.md": "# Pets",
        **files,
    }
    return fake_hub.add(name, held)


def test_parquet_becomes_images_with_labels_and_the_stated_split(fake_hub):
    commit = repository(fake_hub)
    found = load("user/pets", ("label",))
    assert found.space.labels == {"label": ("cat", "dog")}
    assert found.held_out.sum() == 10 and len(found.pixels) == 40
    assert sorted(found.labels[found.held_out, 0]) == [-1, -1, 0, 0, 0, 0, 0, 0, 1, 1], "numbers without a name are no label"
    train = found.pixels[~found.held_out]
    assert np.array_equal(train[3], np.asarray(Image.open(io.BytesIO(png(3))))) and found.labels[~found.held_out][3, 0] == 1
    assert found.note == f"user/pets of the Hub at commit {commit}, resized by lanczos"


def test_a_second_look_downloads_nothing(fake_hub):
    repository(fake_hub)
    before = load("user/pets").sha256
    fake_hub.requests.clear()
    assert load("user/pets").sha256 == before
    assert not fake_hub.asked("GET .*resolve") and not fake_hub.asked("GET /storage")


def test_image_files_are_a_folder(fake_hub):
    lines = "".join(json.dumps({"file_name": f"{k:02d}.png", "kind": "ab"[k % 2]}) + "\n" for k in range(20))
    files = {f"images/{k:02d}.png": png(k) for k in range(20)} | {"images/metadata.jsonl": lines}
    fake_hub.add("datasets/user/files", {**files, "load.py": "import os; os.abort()", "data.zip": b"PK", "model.pkl": b"\x80"})
    found = load("user/files", ("kind",))
    assert len(found.pixels) == 20 and found.space.labels == {"kind": ("a", "b")}
    assert not fake_hub.asked(r"GET .*resolve.*(load\.py|zip|pkl)"), "nothing else is downloaded"


def test_a_recipe_names_the_commit_and_goes_on_with_it(fake_hub):
    first = repository(fake_hub)
    catalog = discover()
    recipe = plan(catalog, model="dcgan", dataset="hub:user/pets", size=16, budget=Budget(steps=1))
    kept = pinned(recipe, catalog)
    data = kept.data
    assert data.options["commit"] == first and data.options["path"] == "user/pets"
    repository(fake_hub, **{"data/train-00000-of-00001.parquet": table([png(k) for k in range(50, 80)])})
    again = load_images(kept, catalog)
    assert first in again.note and again.sha256 != load("user/pets").sha256
    assert load(f"user/pets@{first}").sha256 == again.sha256


def test_datasets_without_a_commit_stay_as_they_are():
    catalog = discover()
    recipe = plan(catalog, model="dcgan", dataset="creatures", size=16, budget=Budget(steps=1))
    assert pinned(recipe, catalog) == recipe


def test_without_a_connection_the_cache_is_used(fake_hub, capsys, monkeypatch):
    commit = repository(fake_hub)
    before = load("user/pets").sha256
    fake_hub.fail("GET /api/datasets.*", status=503, times=100)
    assert load("user/pets").sha256 == before
    assert f"taking user/pets@{commit} from the cache" in capsys.readouterr().err
    with pytest.raises(RunFailure, match="not in the cache"):
        load("user/other")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert load("user/pets").sha256 == before


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("user/none", "there is no dataset user/none on the Hub"),
        ("user/pets@v9", "no such branch, tag or commit"),
        ("pets", "hub:pets names no repository: type --dataset hub:user/name"),
        ("", "names no repository"),
        ("../..", "names no repository"),
        ("user/text", "holds neither image files nor parquet files"),
        ("user/words", "has no column of images: it has text"),
        ("user/broken", "cannot be read as parquet"),
        ("user/gated", "given only to those who ask"),
    ],
)
def test_what_cannot_be_a_dataset_is_one_line(fake_hub, path, said):
    repository(fake_hub)
    words = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"]}), words)
    fake_hub.add("datasets/user/text", {"data.csv": "a,b\n"})
    fake_hub.add("datasets/user/words", {"train.parquet": words.getvalue()})
    fake_hub.add("datasets/user/broken", {"train.parquet": table([png(0)])[:-9]})
    fake_hub.add("datasets/user/gated", {"a.png": png(0)}, gated=True)
    with pytest.raises(ZooError, match=said) as error:
        load(path)
    assert "\n" not in str(error.value)


def test_configurations_are_chosen_by_name(fake_hub):
    files = {}
    for place, name in enumerate(("a/train-00000-of-00002", "a/train-00001-of-00002", "b/train-00000-of-00001")):
        files[f"{name}.parquet"] = table([png(place * 20 + k) for k in range(20)])
    fake_hub.add("datasets/user/two", files)
    with pytest.raises(ZooError, match=r"has the configurations a, b: type --set dataset.subset=NAME"):
        load("user/two")
    assert [len(load("user/two", subset=name).pixels) for name in "ab"] == [40, 20]
    with pytest.raises(ZooError, match="configurations a, b"):
        load("user/two", subset="c")


def test_top_folders_that_are_splits_are_no_configurations():
    names = ["train/0000.parquet", "test/0000.parquet"]
    assert of_subset(names, "", "x") == sorted(names)
    assert of_subset(["default/train/0000.parquet"], "", "x") == ["default/train/0000.parquet"]
    assert of_subset([], "", "x") == []


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("data/train-00000-of-00003-92f813f497ecaae7.parquet", "train"),
        ("plain_text/test-00000-of-00001.parquet", "test"),
        ("default/validation/0000.parquet", "validation"),
        ("test.parquet", "test"),
        ("data/part-0001.parquet", None),
        ("training_images.parquet", None),
    ],
)
def test_the_split_of_a_parquet_file(name, split):
    assert parquet.split_of(name) == split


def test_hostile_rows_are_left_out(tmp_path):
    bomb = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
    images = [*(png(k) for k in range(16)), None, b"", b"not an image", bomb, b"/etc/passwd"]
    data = table(images, name=["x"] * 21, nested=[[1]] * 21, score=[1.5] * 21, file_name=["../../x.png"] * 21)
    (tmp_path / "a.parquet").write_bytes(data)
    (tmp_path / "out").mkdir()
    parquet.unpack([("a.parquet", tmp_path / "a.parquet")], tmp_path / "out")
    assert {file.parent for file in tmp_path.rglob("*.png")} == {tmp_path / "out"}
    lines = [json.loads(line) for line in (tmp_path / "out" / "metadata.jsonl").read_text().splitlines()]
    assert len(lines) == 20 and all(line.keys() == {"name", "file_name"} for line in lines)
    from zoo_bench.data.folder import Folder
    from zoo_bench.data.options import FolderOptions

    found = Folder(FolderOptions(path=str(tmp_path / "out"))).load(16, 3, (), WHITE)
    assert len(found.pixels) == 16 and len(found.skipped) == 4


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_parquet_is_an_error_or_images(tmp_path, data):
    whole = bytearray(table([png(k) for k in range(3)], [0, 1, 0]))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "a.parquet").write_bytes(whole)
    (tmp_path / "out").mkdir(exist_ok=True)
    try:
        parquet.unpack([("a.parquet", tmp_path / "a.parquet")], tmp_path / "out")
    except ZooError as error:
        assert "\n" not in str(error)


def test_pyarrow_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ZooError, match=r'type pip install "zoo-bench\[hub\]"'):
        parquet.unpack([("a.parquet", tmp_path / "a.parquet")], tmp_path)


def batch(count, start=0):
    rng = np.random.default_rng(start)
    records = rng.integers(0, 256, (count, cifar.RECORD), np.uint8)
    records[:, 0] = np.arange(count) % 10
    return records


def test_the_binary_version_of_cifar10(tmp_path):
    place = tmp_path / "cifar-10-batches-bin"
    place.mkdir()
    train, test = batch(40), batch(20, 1)
    (place / "data_batch_1.bin").write_bytes(train.tobytes())
    (place / "test_batch.bin").write_bytes(test.tobytes())
    found = cifar10(KnownOptions(path=str(tmp_path))).load(32, 3, ("class",), WHITE)
    assert found.space.labels["class"] == cifar.CLASSES and found.held_out.sum() == 20 and len(found.pixels) == 60
    index = found.names.index("train/dog/data_batch_1-00025.png")
    assert np.array_equal(found.pixels[index].transpose(2, 0, 1).ravel(), train[25, 1:]) and found.labels[index, 0] == 5


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("data_batch_1.bin", b"12", "is no batch of CIFAR-10"),
        ("data_batch_1.bin", b"\x0b" * cifar.RECORD, "is no batch of CIFAR-10"),
        ("data_batch_1", b"\x80\x04", "as pickles, which are never opened"),
        ("readme.txt", b"", "no PNG, JPEG, WebP or GIF image"),
    ],
)
def test_what_is_no_cifar10(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ZooError, match=said):
        cifar10(KnownOptions(path=str(tmp_path))).attributes()


def test_a_known_name_without_a_folder_is_the_hubs(fake_hub):
    commit = repository(fake_hub, "datasets/uoft-cs/cifar10")
    dataset = cifar10(KnownOptions())
    assert dataset.pinned() == KnownOptions(commit=commit) and dataset.attributes() == {"label": ("cat", "dog")}
    with pytest.raises(ZooError, match="leave them out"):
        cifar10(KnownOptions(path="x", commit=commit)).attributes()


def test_a_dataset_of_the_hub_can_be_checked_and_packed(fake_hub, tmp_path):
    repository(fake_hub)
    done = CliRunner().invoke(zoo, ["data", "check", "hub:user/pets", "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["split"] == {"stated": True, "train": 30, "held_out": 10}
    made = CliRunner().invoke(
        zoo, ["data", "make", "hub:user/pets", str(tmp_path / "p"), "--size", "16"], catch_exceptions=False
    )
    assert made.exit_code == 0 and Path(tmp_path / "p" / "manifest.json").exists()


def test_image_files_are_read_without_a_connection(fake_hub, monkeypatch):
    fake_hub.add("datasets/user/files", {f"{k:02d}.png": png(k) for k in range(20)})
    before = load("user/files").sha256
    fake_hub.fail("GET .*", status=503, times=1000)
    assert load("user/files").sha256 == before
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert load("user/files").sha256 == before


def test_a_hub_that_cannot_be_reached_is_one_line(fake_hub):
    fake_hub.cut("GET /api/datasets.*", after=-1, times=100)
    with pytest.raises(RunFailure, match=r"the Hub cannot be reached: .*, and user/pets is not in the cache"):
        load("user/pets")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_parquet_with_odd_bytes_is_unpacked_or_one_line(tmp_path, data):
    whole = bytearray(table([png(k) for k in range(3)]))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    (tmp_path / "x.parquet").write_bytes(whole)
    try:
        parquet.unpack([("x.parquet", tmp_path / "x.parquet")], tmp_path)
    except ZooError as error:
        assert "x.parquet" in str(error) and "\n" not in str(error)
