"""Checkpoints that are damaged anywhere, or of another run: found before the run is touched, and the one before is used."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from zoo_core.errors import RunFailure
from zoo_core.registry.catalog import discover
from zoo_testing.small import tiny_recipe, trained
from zoo_train.checkpoint import _digest, checkpoint_bytes, load_checkpoint, load_newest, save_checkpoint
from zoo_train.run import build


@pytest.fixture(scope="module")
def run():
    return trained(tiny_recipe(), 2)


def state_of(path):
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["zoo"])


def rewrite(path, **changed):
    """The same file with another header and a sum that fits: what no accident makes, but a careless tool may."""
    state, tensors = {**state_of(path), **changed}, load_file(path)
    state = {key: value for key, value in state.items() if value is not ... and key != "sha256"}
    save_file(tensors, path, {"zoo": json.dumps({**state, "sha256": _digest(state, tensors)})})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'\\"iteration\\": 2', b'\\"iteration\\": 3'),
        (b'\\"optimizers\\"', b'\\"optimizerz\\"'),
        (b'\\"seed\\": 0', b'\\"seed\\": 1'),
    ],
)
def test_a_flipped_bit_in_the_header_is_found(run, old, new, tmp_path):
    path = save_checkpoint(run, tmp_path)
    data = path.read_bytes()
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, new))
    with pytest.raises(RunFailure, match="checksum"):
        load_checkpoint(build(run.recipe, discover()), path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_is_found_or_changes_nothing(run, data, tmp_path):
    whole = checkpoint_bytes(run)
    header = int.from_bytes(whole[:8], "little") + 8
    place = data.draw(st.integers(0, header - 1) | st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / "00000002.safetensors"
    path.write_bytes(damaged)
    fresh = build(run.recipe, discover())
    before = checkpoint_bytes(fresh)
    try:
        load_checkpoint(fresh, path)
    except RunFailure:
        assert checkpoint_bytes(fresh) == before
    else:
        assert checkpoint_bytes(fresh) == whole


NONSENSE = (
    *({"iteration": value} for value in (-1, True, "2", ...)),
    {"total": 1.5},
    {"seconds": float("nan")},
    {"rollbacks": None},
    *({"optimizers": value} for value in ({}, [], {"critic": {"x": {}}})),
    {"groups": {"critic": [3]}},
    {"run": None},
)


@pytest.mark.parametrize("changed", NONSENSE, ids=str)
def test_a_state_that_makes_no_sense_leaves_the_run_as_it_was(run, changed, tmp_path):
    path = save_checkpoint(run, tmp_path)
    rewrite(path, **changed)
    fresh = build(run.recipe, discover())
    before = checkpoint_bytes(fresh)
    with pytest.raises(RunFailure, match="cannot be used"):
        load_checkpoint(fresh, path)
    assert checkpoint_bytes(fresh) == before


OTHER = {"seed": {"seed": 5}, "parts": {"parts": {"objective": "other"}}, "images": {}}


@pytest.mark.parametrize(("key", "changed"), OTHER.items(), ids=OTHER)
def test_a_checkpoint_of_another_run_is_passed_over(run, key, changed, tmp_path):
    own = save_checkpoint(run, tmp_path)
    foreign = dataclasses.replace(run, recipe=dataclasses.replace(run.recipe, **changed), iteration=3)
    foreign.images_sha256 = "ab" if key == "images" else ""
    save_checkpoint(foreign, tmp_path)
    fresh = build(run.recipe, discover())
    path, warnings = load_newest(fresh, tmp_path)
    assert (path, fresh.iteration) == (own, 2)
    assert len(warnings) == 1 and f"another run, with other {key}; the one before it is used" in warnings[0]
    own.unlink()
    assert "there is none before it" in load_newest(fresh, tmp_path)[1][0]


def test_checkpoints_of_earlier_versions_are_read(run, tmp_path):
    """They had a sum of the tensors alone, and did not say whose they are."""
    path = save_checkpoint(run, tmp_path)
    state, tensors = state_of(path), load_file(path)
    del state["run"]
    save_file(tensors, path, {"zoo": json.dumps({**state, "sha256": _digest(None, tensors)})})
    fresh = build(run.recipe, discover())
    load_checkpoint(fresh, path)
    assert checkpoint_bytes(fresh) == checkpoint_bytes(run)


def test_what_is_no_file_is_no_checkpoint(run, tmp_path):
    own = save_checkpoint(run, tmp_path)
    (tmp_path / "00000009.safetensors").mkdir()
    assert load_newest(build(run.recipe, discover()), tmp_path) == (own, [])
