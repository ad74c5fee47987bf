"""recipe.json as it was written before format 2: what the machine added stood among the recipe's own fields."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from zoo_bench.records.flat import flat
from zoo_bench.records.folder import RunFolder
from zoo_bench.records.run import read
from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import FORMAT, Guide, Recipe

OLD = Path(__file__).parent / "recipe_format_1.json"  # of a run of cgan, with five of the trainer's options


@pytest.fixture
def run(tmp_path):
    shutil.copy(OLD, tmp_path / "recipe.json")
    return RunFolder(tmp_path)


def test_an_old_recipe_and_what_the_machine_added_are_read_apart(run):
    old, recipe, provenance = json.loads(OLD.read_text()), run.load_recipe(), run.load_provenance()
    assert old["format"] == 1 and FORMAT == 2
    assert recipe.data.guide == Guide("edges", 0.3, True)
    assert (recipe.train.batch, recipe.train.lr) == (old["options"]["train"]["batch"], old["options"]["train"]["lr"])
    assert recipe.data.id == "zoo-creatures/creatures", "the id of today"
    assert provenance.to_json() == {key: old[key] for key in provenance.to_json()}


def test_written_again_it_says_the_same_in_the_format_of_today(run):
    recipe, provenance = run.load_recipe(), run.load_provenance()
    before = flat(read(run.path).recipe)
    run.save_recipe(recipe, provenance)
    written = json.loads(run.recipe.read_text())
    assert written["format"] == 2 and written["provenance"]["dataset_sha256"] == provenance.dataset_sha256
    assert (run.load_recipe(), run.load_provenance()) == (recipe, provenance)
    assert flat(read(run.path).recipe) == {**before, "dataset.id": "zoo-creatures/creatures"}


def test_reports_read_it(run):
    found = read(run.path)
    assert found.problems == () and found.provenance["command"].startswith("zoo bench --model cgan")
    assert "edge_threshold" not in found.recipe["options"]["train"]
    assert found.recipe["dataset"]["guide"] == {"kind": "edges", "threshold": 0.3, "thin": True}


@pytest.mark.parametrize("change", [{"format": 3}, {"dataset": 1}, {"options": []}, {"space": None}, {"budget": {}}], ids=str)
def test_a_damaged_one_is_refused_in_one_line(change):
    with pytest.raises(ZooError) as caught:
        Recipe.from_json({**json.loads(OLD.read_text()), **change})
    assert "\n" not in str(caught.value)
