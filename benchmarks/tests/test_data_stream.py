"""Sets larger than memory: the same batches and the same trained bytes as in memory, within a bounded part of it."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from zoo_bench.data import cache
from zoo_bench.data.folder import Folder
from zoo_bench.data.options import FolderOptions
from zoo_bench.data.rows import read_rows, write_rows
from zoo_core.errors import RunFailure, ZooError
from zoo_core.images import Images
from zoo_core.mapped import chunks, mapping, release
from zoo_core.recipe.recipe import Budget
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.plan import plan
from zoo_train.run import build

WHITE = (255, 255, 255)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def noise(n=37, size=16, channels=3):
    return np.random.default_rng(0).integers(0, 256, (n, size, size, channels), np.uint8)


def pictures(folder, n=20, size=16):
    folder.mkdir(parents=True)
    for number, pixels in enumerate(noise(n, size)):
        Image.fromarray(pixels).save(folder / f"{number:03d}.png")
    return folder


def image_set(pixels):
    n = len(pixels)
    held = np.arange(n) % 10 == 3
    labels = (np.arange(n, dtype=np.int64) % 3)[:, None]
    space = Space(pixels.shape[1], pixels.shape[3], {"kind": ("a", "b", "c")})
    return Images(space, pixels, labels, held, tuple(map(str, range(n))))


def both(tmp_path, pixels):
    """The same set in memory and mapped."""
    write_rows(tmp_path / "rows.npy", pixels.shape[1:], iter(pixels))
    return image_set(pixels), image_set(read_rows(tmp_path / "rows.npy", mapped=True))


@pytest.mark.parametrize("n", [0, 1, 9, 10, 1000])
def test_rows_are_a_plain_npy_file(tmp_path, n):
    pixels = noise(n, 4)
    assert write_rows(tmp_path / "a.npy", (4, 4, 3), iter(pixels)) == n
    assert np.array_equal(np.load(tmp_path / "a.npy"), pixels)
    assert (tmp_path / "a.npy").stat().st_size == 128 + pixels.nbytes


def test_rows_that_fail_leave_nothing(tmp_path):
    def rows():
        yield noise(1, 4)[0]
        raise RuntimeError("bad")

    with pytest.raises(RuntimeError, match="bad"):
        write_rows(tmp_path / "a.npy", (4, 4, 3), rows())
    assert not list(tmp_path.iterdir())
    with pytest.raises(RunFailure, match="cannot write"):
        write_rows(tmp_path / "none" / "a.npy", (4, 4, 3), iter(noise(1, 4)))


def test_the_mapping_of_an_array_is_found(tmp_path):
    memory, mapped = both(tmp_path, noise())
    assert mapping(memory.pixels) is None
    assert mapping(mapped.pixels) is mapping(np.asarray(mapped.pixels)[3:, 1:]) is not None
    assert mapping(mapped.pixels[[1, 2]]) is None, "a copy lies in memory"
    release(mapped.pixels)
    assert np.array_equal(mapped.pixels, memory.pixels)


def test_a_hash_does_not_depend_on_where_the_pixels_are(tmp_path, monkeypatch):
    memory, mapped = both(tmp_path, noise())
    before = memory.sha256
    monkeypatch.setattr("zoo_core.mapped.CHUNK", 1000)
    assert mapped.sha256 == before == dataclasses.replace(memory).sha256
    assert [len(part) for part in chunks(memory.pixels)] == [1] * 37
    assert not list(chunks(memory.pixels[:0]))


@pytest.mark.parametrize("options", [{}, {"batch": 100}, {"flip": False, "shift": 0.2}])
def test_batches_are_those_of_a_set_in_memory(tmp_path, options):
    memory, mapped = both(tmp_path, noise())
    wanted = TrainOptions(**{"batch": 8, **options})
    one, other = (DeviceData(images, wanted, 7, CPU) for images in (memory, mapped))
    assert one.stream is None and other.stream is not None and len(one) == len(other) == 33
    for k in [0, 1, 2, 3, 4, 5, 9, 10, 2, 0, 1]:
        a, b = one.batch(k), other.batch(k)
        assert torch.equal(a.images, b.images) and torch.equal(a.condition.labels, b.condition.labels)


def test_a_model_trained_on_a_mapped_set_has_the_same_bytes(tmp_path):
    catalog = discover()
    recipe = plan(
        catalog,
        model="dcgan",
        dataset="creatures",
        size=16,
        budget=Budget(steps=3),
        settings=["train.batch=8", "generator.width=4", "critic.width=4"],
    )
    states = []
    for images in both(tmp_path, noise()):
        run = build(dataclasses.replace(recipe, seed=3), catalog)
        run.total = 3
        assert len(list(train(run, DeviceData(images, recipe.train, 3, CPU)))) == 3
        states.append(run.average.state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_a_folder_above_its_budget_is_mapped_and_the_same(tmp_path):
    folder = pictures(tmp_path / "pictures", 20, 256)
    (folder / "bad.png").write_bytes(b"\x89PNG")
    load = lambda **options: Folder(FolderOptions(path=str(folder), **options)).load(256, 3, (), WHITE)  # noqa: E731
    mapped, memory, again = load(memory=1), load(), load(memory=1)
    assert mapping(memory.pixels) is None and mapping(mapped.pixels) is not None and mapping(again.pixels) is not None
    assert memory.sha256 == mapped.sha256 == again.sha256
    assert memory.names == mapped.names and memory.skipped == mapped.skipped == again.skipped
    assert memory.skipped[0].name == "bad.png"


def test_a_damaged_cache_of_rows_is_made_again(tmp_path):
    folder = pictures(tmp_path / "pictures", 20, 256)
    dataset = Folder(FolderOptions(path=str(folder), memory=1))
    before = dataset.load(256, 3, (), WHITE).sha256
    for file in (tmp_path / "cache" / "arrays").glob("*.npy"):
        file.write_bytes(file.read_bytes()[:-1])
    assert dataset.load(256, 3, (), WHITE).sha256 == before


def test_rows_that_have_no_place_on_the_disk_are_an_error(tmp_path, monkeypatch):
    folder = pictures(tmp_path / "pictures", 20, 256)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    with pytest.raises(ZooError, match="too many for memory and do not fit into"):
        Folder(FolderOptions(path=str(folder), memory=1)).load(256, 3, (), WHITE)


def test_files_of_an_entry_are_dropped_together(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 3000)
    for number in range(3):
        rows = lambda: (iter(noise(10)), lambda: {"kept": np.arange(10)})  # noqa: E731
        cache.cached_rows(str(number), (16, 16, 3), rows)
        for file in (tmp_path / "cache" / "arrays").iterdir():
            os.utime(file, ns=(0, file.stat().st_mtime_ns - 10**9))
    names = sorted((tmp_path / "cache" / "arrays").iterdir())
    assert len(names) == 2 and names[0].stem == names[1].stem


def test_a_file_that_vanishes_is_skipped_and_listed(tmp_path, monkeypatch):
    folder = pictures(tmp_path / "pictures")
    dataset = Folder(FolderOptions(path=str(folder)))
    assert dataset.attributes() == {}  # lists the folder
    (folder / "004.png").unlink()
    (folder / "005.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    images = dataset.load(16, 3, (), WHITE)
    assert len(images.pixels) == 18
    assert [(item.name, item.reason) for item in images.skipped] == [
        ("004.png", "vanished since the folder was listed"),
        ("005.png", "not a PNG, JPEG, WebP or GIF image, or its header is damaged"),
    ]


PEAK = """
import json, re, sys
import numpy as np, torch
from zoo_bench.data.rows import read_rows
from zoo_core.images import Images
from zoo_core.space import Space
from zoo_train.data import DeviceData
from zoo_core.recipe.train_options import TrainOptions

torch.set_num_threads(1)
def peak():  # MiB; getrusage begins with the peak of the process that started this one
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024
def images(rows):
    n = len(rows)
    return Images(Space(rows.shape[1]), rows, np.zeros((n, 0), np.int64), np.zeros(n, bool), ("",) * n)
small = DeviceData(images(np.zeros((64, 64, 64, 3), np.uint8)), TrainOptions(batch=64), 0, torch.device("cpu"))
small.batch(0)  # what torch itself takes
before = peak()
for how in ("mapped", "memory"):  # in this order: a peak only grows
    found = images(read_rows(sys.argv[1], how == "mapped"))
    found.sha256
    data = DeviceData(found, TrainOptions(batch=64), 0, torch.device("cpu"))
    for k in range(len(found.pixels) // 64):
        data.batch(k)
    print(json.dumps(peak() - before))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_peak_memory_is_bounded_where_the_set_is_four_times_as_large(tmp_path):
    budget, rows = 64, 256 * 2**20 // (64 * 64 * 3)
    block = noise(64, 64)
    write_rows(tmp_path / "rows.npy", (64, 64, 3), (block[k % 64] for k in range(rows)))

    done = subprocess.run([sys.executable, "-c", PEAK, tmp_path / "rows.npy"], capture_output=True, text=True, check=True)
    mapped, memory = map(json.loads, done.stdout.splitlines())
    assert mapped < budget
    assert memory > 4 * budget, "the measurement sees a set that is in memory"
