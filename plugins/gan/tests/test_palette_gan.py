"""palette_gan, the model that zoo bench trains if none is named: what it is made of, and that it is that model."""

import pytest
import torch
from zoo_gan.entries import zoo_entries

from zoo_core.nets.critic import AveragedConv2d
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_train.plan import plan
from zoo_train.run import build


def planned(**given):
    return plan(discover(), model="palette_gan", dataset="creatures", size=32, budget=Budget(steps=2), **given)


def test_zoo_bench_trains_it_if_no_model_is_named():
    from zoo_bench.asked import asked_of
    from zoo_bench.commands.bench import bench

    design = asked_of(bench.make_context("bench", ["--steps", "1"]), discover()).design
    assert design.model == "palette_gan" and not design.parts
    assert design.model in {entry.name for entry in zoo_entries() if entry.kind == "model"}


def test_its_networks_have_no_grid_and_its_critic_sees_moved_images():
    stages = pytest.importorskip("zoo_colorpicker.colorpicker")
    recipe = planned()
    nets = build(recipe, discover()).nets
    assert sum(isinstance(module, stages.NearestStage) for module in nets["generator"].modules()) == 3
    halvings = [module for module in nets["critic"].modules() if isinstance(module, torch.nn.Conv2d)]
    assert [isinstance(module, AveragedConv2d) for module in halvings] == [False, True, True]
    assert sum(isinstance(module, torch.nn.BatchNorm2d) for module in nets["critic"].modules()) == 2
    assert recipe.train.augment == ("translation",)
    assert recipe.options["objective"]["penalty"] == "gradient" and recipe.options["objective"]["penalty_interval"] == 4


def test_another_upsampler_goes_into_it():
    assert planned(parts={"upsampler": "transposed"}).parts["upsampler"] == "zoo-core/transposed"
