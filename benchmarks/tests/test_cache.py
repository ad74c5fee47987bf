"""The cache of arrays: used, mended, bounded, and never trusted."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo_bench.data import cache
from zoo_core.errors import ZooError


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


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
