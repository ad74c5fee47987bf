"""Planning: what a user types becomes a checked, plain recipe."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Budget, Guide, Recipe
from zoo_core.registry.catalog import discover
from zoo_core.space import halvings, size_problem
from zoo_train.plan import plan


def make(**given):
    return plan(discover(), **{"model": "wgan_gp", "dataset": "creatures", "size": 32, "budget": Budget(steps=2)} | given)


def test_a_recipe_survives_json():
    recipe = make(labels=("type", "body"), settings=["critic_steps=2", "train.lr=3e-4"], seed=5, background=(1, 2, 3))
    again = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert again.to_json() == recipe.to_json()
    assert again.space == recipe.space and again.train == recipe.train and again.budget == recipe.budget


def test_the_models_settings_are_the_defaults_and_settings_win():
    assert make().train.beta1 == 0.0
    assert make(settings=["train.beta1=0.25"]).train.beta1 == 0.25
    assert make(model="wgan_clip").options["objective"]["clip"] == 0.01
    assert make(model="dcgan").options["critic"]["norm"] == "batch"


def test_augmentation_goes_with_the_objective_that_a_model_chose_it_for():
    own = make(model="palette_gan")
    assert own.train.augment == ("translation",)
    replaced = make(model="palette_gan", parts={"objective": "vae"})
    assert replaced.train.augment is None and replaced.train.lr == own.train.lr
    assert make(model="palette_gan", parts={"objective": "dcgan"}, settings=["train.augment=colour"]).train.augment == (
        "colour",
    )


def test_settings_of_a_replaced_part_are_forgotten():
    recipe = make(model="dcgan", parts={"objective": "wgan_gp"})
    assert recipe.parts["objective"] == "zoo-wgan-gp/wgan_gp"
    assert recipe.options["objective"]["prior"] == "normal"  # the model sets its own objective's prior to uniform
    assert recipe.options["critic"]["norm"] == "batch"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": "wgan_pg"}, "did you mean"),
        ({"parts": {"upsampler": "colourpicker"}}, "colorpicker"),
        ({"settings": ["critic_stepz=2"]}, "did you mean critic_steps"),
        ({"settings": ["norm=batch"]}, "generator.norm or critic.norm"),
        ({"settings": ["critic_steps"]}, "type --set critic_steps=VALUE"),
        ({"settings": ["nowhere.lr=1"]}, "no part is called nowhere"),
        ({"settings": ["train.lr=-1"]}, "above 0"),
        ({"settings": ["train.lr=nan"]}, "finite"),
        ({"settings": ["train.lr=fast"]}, "must be float"),
        ({"settings": ["critic_steps=2.5"]}, "must be int"),
        ({"settings": ["critic_steps=0"]}, "at least 1"),
        ({"settings": ["generator.norm=btach"]}, "one of none, batch"),
        ({"settings": ["one_sided=maybe"]}, "must be bool"),
        ({"settings": ["adversarial=dcgan"]}, "wraps no other"),
        ({"dataset": "creature"}, "did you mean creatures"),
        ({"labels": ("types",)}, "did you mean type"),
        ({"size": 37}, "type --size 40"),
        ({"size": 8}, "type --size 16"),
        ({"size": 4096}, "type --size 256"),
        ({"channels": 2}, "one of 1, 3, 4"),
        ({"guide": "edge"}, "one of none, edges"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_type(given, message):
    with pytest.raises(ZooError) as caught:
        make(**given)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600


@pytest.mark.parametrize("given", [{}, {"steps": 1, "minutes": 1.0}, {"steps": 0}, {"minutes": float("nan")}, {"images": -5}])
def test_a_budget_is_one_positive_number(given):
    with pytest.raises(ZooError, match="--"):
        Budget(**given)


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4)))
@settings(max_examples=100, deadline=None)
def test_no_json_object_crashes_the_reader(value):
    with pytest.raises(ZooError):
        Recipe.from_json(value | {"format": 1})


def test_sizes_are_those_of_the_design():
    good = {s for s in range(16, 257) if size_problem(s) is None}
    assert good == {m * 2**k for m in range(3, 9) for k in range(1, 8) if 16 <= m * 2**k <= 256}
    assert all(m * 2**k == s and 4 <= m <= 7 for s in good for m, k in [halvings(s)])


def test_planning_does_not_import_torch():
    code = (
        "import sys; from zoo_core.registry.catalog import discover; from zoo_train.plan import plan;"
        "from zoo_core.recipe.recipe import Budget;"
        "plan(discover(), model='wgan_gp', dataset='creatures', size=32, budget=Budget(steps=1), labels=('type',));"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("setting", "now"),
    [
        ("train.edge_threshold=0.2", "guide.threshold=0.2"),
        ("edge_threshold=0.2", "guide.threshold=0.2"),
        ("train.edge_thin=yes", "guide.thin=yes"),
    ],
)
def test_options_of_edges_by_their_old_names_are_answered_with_the_new(setting, now):
    with pytest.raises(ZooError, match=f"type --set {now}$"):
        make(settings=[setting], guide="edges")


def test_a_guide_is_what_its_options_say():
    assert make(settings=["guide.threshold=0.7", "thin=yes"], guide="edges").data.guide == Guide("edges", 0.7, True)
    assert make().data.guide == Guide()
    with pytest.raises(ZooError, match="type --guide edges"):
        make(settings=["guide.threshold=0.7"])
