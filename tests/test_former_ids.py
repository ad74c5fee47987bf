"""What was saved under ids that entries no longer have: recipes, run folders and model folders go on working."""

from __future__ import annotations

import json
import re

import pytest
import torch

import zoo_core
from zoo_core.cli import main
from zoo_core.errors import ZooError
from zoo_core.model.config import check_requirements, read_config
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog, discover
from zoo_testing.small import tiny_recipe

MOVED = {  # before 0.1.0 -> today
    "zoo-wgan-gp": ("zoo-chen", {"model": ["wgan_gp_chen"], "generator": ["chen"], "critic": ["chen"]}),
    "zoo-gan": (
        "zoo-kiss",
        {"model": ["gan_kiss", "wgan_kiss"], "generator": ["kiss"], "critic": ["kiss"], "objective": ["gan_strategies"]},
    ),
    "zoo-core": ("zoo-gan", {"model": ["gan", "lsgan", "sngan", "r1gan", "dragan", "ragan"]}),
    "zoo-cgan": ("zoo-kiss", {"model": ["cgan_kiss"], "generator": ["edge_dense"]}),
}
IDS = [(kind, old, new, name) for old, (new, kinds) in MOVED.items() for kind, names in kinds.items() for name in names]


def aged(text: str) -> str:
    """The text of a file as it was when the networks of these papers were spread over other plugins."""
    for _, old, new, name in IDS:
        text = re.sub(rf'"{new}/{name}"', f'"{old}/{name}"', text)
    return text.replace('"zoo-chen": "', '"zoo-wgan-gp": "')


@pytest.mark.parametrize(("kind", "old", "new", "name"), IDS)
def test_a_former_id_means_the_entry_that_moved(kind, old, new, name):
    assert discover().find(kind, f"{old}/{name}").id == f"{new}/{name}"


def test_a_saved_recipe_is_read_with_the_ids_of_today():
    recipe = tiny_recipe("wgan_gp_chen", [])
    value = json.loads(aged(json.dumps(recipe.to_json())))
    assert value["model"] == "zoo-wgan-gp/wgan_gp_chen" and value["parts"]["critic"] == "zoo-wgan-gp/chen"
    assert Recipe.from_json(value) == recipe


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder as it was written before the networks moved, one iteration long."""
    out = tmp_path_factory.mktemp("former") / "run"
    small = ["generator.width=2", "critic.width=2", "generator.max_width=8", "critic.max_width=8", "latent=6", "train.batch=4"]
    settings = [word for setting in (*small, "dataset.count=60", "critic_steps=1") for word in ("--set", setting)]
    line = [
        "bench",
        "--model",
        "wgan_gp_chen",
        "--steps",
        "1",
        "--size",
        "16",
        "--device",
        "cpu",
        "--no-eval",
        "--out",
        str(out),
    ]
    assert main([*line, *settings]) == 0
    for file in (out / "recipe.json", out / "model/config.json"):
        text = aged(file.read_text())
        assert "zoo-wgan-gp/chen" in text and "zoo-chen" not in text
        file.write_text(text)
    return out


def test_a_model_folder_is_sampled(run):
    assert json.loads((run / "model/config.json").read_text())["requires"].keys() == {"zoo-core", "zoo-wgan-gp"}
    pictures = zoo_core.load(run / "model").sample(3)
    assert pictures.shape == (3, 3, 16, 16) and pictures.dtype == torch.uint8


def test_a_run_goes_on_and_is_resumed_by_its_old_name(run, capsys):
    line = ["bench", "--resume", str(run), "--change-recipe", "--steps", "2", "--no-eval"]
    assert main([*line, "--model", "zoo-wgan-gp/wgan_gp_chen"]) == 0, capsys.readouterr().err
    assert json.loads((run / "model/config.json").read_text())["parts"]["generator"] == "zoo-chen/chen"


def test_a_new_run_starts_from_a_model_with_old_ids(run, tmp_path, capsys):
    """Its networks are those of today, so there is nothing to type but its options."""
    line = ["bench", "--model", "wgan_gp_chen", "--init-from", str(run / "model"), "--size", "16", "--steps", "1"]
    assert main([*line, "--out", str(tmp_path / "new")]) == 2
    said = capsys.readouterr().err
    assert "--set generator.width=2" in said and "--generator" not in said


def without(distribution: str) -> Catalog:
    whole = discover()
    entries = tuple(item for item in whole.entries if item.distribution != distribution)
    plugins = tuple(plugin for plugin in whole.plugins if plugin.distribution != distribution)
    return Catalog(entries, (), plugins, whole.hooks)


def test_what_to_install_is_where_the_part_is_today(run):
    (run / "model/config.json").write_text(aged((run / "model/config.json").read_text()))
    config = read_config(run / "model")
    check_requirements(config, without("zoo-wgan-gp"))  # which the generator does not need
    with pytest.raises(ZooError, match='needs zoo-chen, which is not installed: pip install "zoo-chen"'):
        check_requirements(config, without("zoo-chen"))
    with pytest.raises(ZooError, match="it belongs to zoo-chen now: pip install zoo-chen"):
        without("zoo-chen").find("generator", "zoo-wgan-gp/chen")
