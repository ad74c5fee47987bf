"""The recipes that ship: each is understood, planned for what its name says, and built."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from zoo_bench.asked import asked_of
from zoo_bench.commands.bench import bench
from zoo_bench.plan import recipe_of
from zoo_bench.presets import PLACES, read_recipe, recipe_names, use_recipe
from zoo_core.cli import main
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover
from zoo_train.run import build

NAMES = recipe_names()


def planned(name, *arguments):
    """The recipe of `zoo bench --recipe NAME ARGUMENTS`."""
    context = bench.make_context("bench", ["--recipe", name, "--device", "cpu", *arguments])
    try:
        return recipe_of(asked_of(context, discover()), discover())
    except ZooError as error:
        if "pip install" in str(error):
            pytest.skip(str(error))
        raise


def path(name):
    return next(place / f"{name}.toml" for place in PLACES if (place / f"{name}.toml").exists())


def test_there_are_recipes():
    assert len(NAMES) >= 13  # of the four papers that are GANs alone


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_can_be_planned(name):
    values = read_recipe(name)
    settings = values.get("set", {})
    arguments = ["--guide", "edges"] if values.get("guide") == "edges" else []
    recipe = planned(name, *arguments)
    assert recipe.space.size == values["size"] and recipe.model.endswith("/" + values["model"].rpartition("/")[2])
    assert recipe.budget.steps == values.get("steps")
    for key, value in settings.items():
        part, _, option = key.rpartition(".")
        assert recipe.options[part][option] == value


@pytest.mark.parametrize("name", NAMES)
def test_the_name_and_the_header_say_what_it_is(name):
    text = path(name).read_text()
    assert text.startswith(f"# zoo bench --recipe {name}"), "the first line is the command"
    assert re.search(rf"_{read_recipe(name)['size']}$", name), "the name ends with the size"
    assert len(re.findall(r"^# \w.{20,}", text, re.MULTILINE)) >= 2, "the header says what it is"
    assert re.search(r"\b(KID|FID|reconstruction_error) \d", text), "and what was measured"
    assert re.search(r"^# .*\biterations\b", text, re.MULTILINE), "after how long"


def test_typed_options_win():
    recipe = planned("ning_wgan_96", "--steps", "7", "--size", "48", "--set", "objective.critic_steps=4", "--set", "lr=3e-4")
    assert recipe.budget.steps == 7 and recipe.space.size == 48
    assert recipe.options["objective"]["critic_steps"] == 4
    assert recipe.options["train"]["batch"] == 128, "its other settings stay"
    assert recipe.options["train"]["lr"] == 3e-4


def test_a_typed_budget_replaces_that_of_the_recipe(tmp_path, capsys):
    small = ["--size", "16", "--set", "train.batch=4", "--set", "dataset.count=40", "--no-eval", "--device", "cpu"]
    out = tmp_path / "run"
    assert main(["bench", "--recipe", "ning_dcgan_96", *small, "--images", "8", "--out", str(out)]) == 0
    assert json.loads((out / "recipe.json").read_text())["budget"] == {"steps": None, "images": 8, "minutes": None}
    assert main(["bench", "--recipe", "ning_dcgan_96", *small, "--images", "8", "--minutes", "1"]) == 2
    assert "give one of --steps, --images and --minutes" in capsys.readouterr().err


def test_the_page_on_publishing_them_names_recipes_that_there_are():
    page = Path(__file__).parents[2] / "docs/how-to/publish-recipes.md"
    rows = re.findall(r"^\| `(\w+)` \|", page.read_text(), re.MULTILINE)
    assert len(rows) >= 10 and set(rows) <= set(NAMES)


@pytest.mark.parametrize("name", ["ning_dcgan_96", "ning_wgan_96", "ning_wgan_gp_96"])
def test_sizes_that_are_no_power_of_two_are_built(name):
    run = build(planned(name), discover())
    assert run.recipe.space.size == 96 and run.recipe.train.batch == 128


@pytest.mark.parametrize("text", ["colour = 3", 'recipe = "x"', "set = 3", "size = ["])
def test_what_is_no_recipe_is_refused(text, tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text(text)
    with pytest.raises(ZooError, match=r"own\.toml"):
        use_recipe(click.Context(bench), bench.params[0], str(file))
