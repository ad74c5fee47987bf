"""What a recipe that anybody may have written makes `zoo verify` do: nothing that the user has not said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo_bench.data.folder import Folder
from zoo_bench.data.hub import Hub
from zoo_core.cli import main
from zoo_core.errors import RunFailure
from zoo_core.pictures.grid import write_png
from zoo_core.registry.catalog import discover

pytest_plugins = ["zoo_testing.fake_hub.fixture"]
HOME = str(Path.home())


@pytest.fixture(scope="module")
def published(scored_run, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("published") / "look"
    assert main(["publish", str(scored_run), "user/model", "--dry-run", str(folder)]) == 0
    return folder


@pytest.fixture
def stranger(published, tmp_path):
    """A function: a folder as somebody else may have published it, the recipe's dataset and the extractor as given."""

    def make(dataset: dict | None = None, extractor: str = "sprites") -> Path:
        out = Path(shutil.copytree(published, tmp_path / "look"))
        for name, place, change in (
            ("recipe.json", "dataset", dataset or {}),
            ("report.json", "evaluator", {"extractor": extractor}),
        ):
            value = json.loads((out / name).read_text())
            value[place] |= change
            (out / name).write_text(json.dumps(value))
        return out

    return make


@pytest.fixture
def loaded(monkeypatch):
    """What datasets were asked to load, instead of loading it: that ends in RunFailure."""
    asked: list[object] = []

    def load(self, *arguments):
        asked.append(self.options)
        raise RunFailure("loaded")

    for dataset in (creatures_class(), Folder, Hub):
        monkeypatch.setattr(dataset, "load", load)
    return asked


def creatures_class():
    catalog = discover()
    return catalog.load_target(catalog.find("dataset", "creatures"))


def said(capsys, *arguments: object) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["verify", *map(str, arguments)])
    return code, capsys.readouterr().err.rstrip("\n")


def creatures(**options: object) -> dict:
    return {"id": "zoo-creatures/creatures", "options": options}


HOSTILE = [
    (creatures(count=10**6), "must be at least 16, at most 100000"),
    (creatures(count=10**12), "must be at least 16, at most 100000"),
    (
        creatures(count=9000),
        "count=9000 of zoo-creatures/creatures, which is done on your word alone; type --dataset creatures",
    ),
    (creatures(count="9" * 5000), "count="),
    (creatures(held_out=float("nan")), "held_out"),
    (creatures(evil=1), "has no option evil"),
    ({"id": "zoo-bench/folder", "options": {"path": HOME}}, "path="),
    ({"id": "zoo-bench/folder", "options": {"path": ""}}, "type --dataset folder:PATH"),
    ({"id": "zoo-bench/packed", "options": {"path": "/etc"}}, "type --dataset packed:PATH"),
    ({"id": "zoo-bench/hub", "options": {"path": "evil/images"}}, "type --dataset hub:PATH"),
    ({"id": "zoo-bench/cifar10", "options": {}}, "type --dataset cifar10:PATH"),
    ({"id": "zoo-bench/folder", "options": {"path": "a\nb" * 1000}}, "..."),
]


@pytest.mark.parametrize(("dataset", "message"), HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_is_read_drawn_or_downloaded_without_the_users_word(stranger, loaded, fake_hub, capsys, dataset, message):
    code, error = said(capsys, stranger(dataset))
    assert code == 2 and message in error and "\n" not in error and len(error) < 2100
    assert not loaded and not fake_hub.requests


@pytest.mark.parametrize("word", ["folder", "folder:"])
def test_the_name_of_a_dataset_is_no_word_for_a_path(stranger, capsys, word):
    code, error = said(capsys, stranger({"id": "zoo-bench/folder", "options": {"path": HOME}}), "--dataset", word)
    assert code == 2 and HOME not in error and "--dataset folder:PATH" in error


def test_the_path_that_is_typed_is_the_one_that_is_read(stranger, loaded, capsys, tmp_path):
    folder = stranger({"id": "zoo-bench/folder", "options": {"path": HOME, "held_out": 0.2}})
    assert said(capsys, folder, "--dataset", f"folder:{tmp_path}")[0] == 1
    assert [(options.path, options.held_out) for options in loaded] == [(str(tmp_path), 0.2)]


def test_a_number_that_is_large_is_drawn_on_the_users_word(stranger, loaded, capsys):
    folder = stranger(creatures(count=9000, seed=3))
    assert said(capsys, folder, "--dataset", "creatures")[0] == 1
    assert [(options.count, options.seed) for options in loaded] == [(9000, 3)]


def test_a_model_of_timm_is_downloaded_on_the_users_word(stranger, loaded, capsys):
    folder = stranger(extractor="timm/vit_giant_patch14_dinov2")
    assert "on your word alone; type --extractor" in said(capsys, folder)[1] and not loaded
    code, error = said(capsys, folder, "--extractor", "sprites")
    assert code == 2 and "was scored with timm/vit_giant_patch14_dinov2" in error and not loaded
    said(capsys, folder, "--extractor", "timm/vit_giant_patch14_dinov2")
    assert len(loaded) == 1  # it was accepted, and the images came next


def test_a_run_of_ones_own_needs_no_word(tmp_path, capsys):
    """Its recipe is what was typed here."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for i in range(20):
        write_png(np.random.default_rng(i).integers(0, 256, (16, 16, 3), np.uint8), pictures / f"{i}.png")
    run = tmp_path / "run"
    small = ["--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set", "train.batch=4"]
    arguments = ["bench", *small, "--steps", "1", "--dataset", f"folder:{pictures}", "--out", str(run), "--threads", "1"]
    assert main(arguments) == 0
    assert said(capsys, run) == (0, "")
    assert main(["publish", str(run), "user/model", "--dry-run", str(tmp_path / "look")]) == 0
    code, error = said(capsys, tmp_path / "look")
    assert code == 2 and "path=pictures of zoo-bench/folder, which is done on your word alone" in error
    assert said(capsys, tmp_path / "look", "--dataset", f"folder:{pictures}")[0] == 0


def fail() -> None:
    raise RunFailure("loaded")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(["id", "options", "labels", "background", "overfit", "count", "seed", "held_out"]), value=JSON)
def test_any_dataset_is_one_line_or_small(published, monkeypatch, capsys, tmp_path_factory, key, value):
    look = tmp_path_factory.getbasetemp() / "any"
    shutil.copytree(published, look, dirs_exist_ok=True)
    recipe = json.loads((look / "recipe.json").read_text())
    place = recipe["dataset"] if key in recipe["dataset"] else recipe["dataset"]["options"]
    place[key] = value
    (look / "recipe.json").write_text(json.dumps(recipe))
    drawn = []
    monkeypatch.setattr(creatures_class(), "load", lambda self, *arguments: drawn.append(self.options) or fail())
    code, error = said(capsys, look)
    assert code == 2 or (code == 1 and drawn[0].count <= 8190)
    assert "\n" not in error
