"""An objective that works with certain parts alone says so in its entry, and a plan with others is refused."""

from __future__ import annotations

import pytest

from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_testing import Suite
from zoo_train.plan import plan

GENERATOR = """Entry("generator", "own", target="zoo_core.nets.generator:ConvGenerator",
    config="zoo_core.nets.options:ConvGeneratorOptions", summary="ours")"""


def objective(parts: str, name: str = "picky") -> str:
    return f"""Entry("objective", "{name}", target="zoo_core.objectives.adversarial:adversarial",
        config="zoo_core.objectives.options:GanOptions", parts={parts}, summary="ours")"""


def make(**parts: str):
    return plan(discover(), model="gan", dataset="creatures", size=16, budget=Budget(steps=1), parts=parts)


@pytest.mark.parametrize("id", ["own", "acme-picky/own"])
def test_other_parts_are_refused_and_its_own_are_taken(id, plugins):
    plugins.provide("acme-picky", objective(f"{{'generator': '{id}'}}"), GENERATOR)
    with pytest.raises(
        ZooError, match=r"^objective acme-picky/picky works with generator acme-picky/own alone; type --generator"
    ):
        make(objective="picky")
    assert make(objective="picky", generator="own").parts["generator"] == "acme-picky/own"
    assert make(generator="own", critic="conv").parts["objective"] != "acme-picky/picky"


def test_another_plugins_part_of_the_same_name_is_another(plugins):
    plugins.provide("acme-picky", objective("{'generator': 'own'}"), GENERATOR)
    plugins.provide("acme-other", GENERATOR)
    with pytest.raises(ZooError, match="type --generator acme-picky/own"):
        make(objective="picky", generator="acme-other/own")
    assert make(objective="picky", generator="acme-picky/own").parts["generator"] == "acme-picky/own"


def test_its_checks_use_the_parts_that_it_names(plugins):
    plugins.provide("acme-picky", objective("{'generator': 'own'}"), GENERATOR)
    (subject,) = (case.subject for case in Suite("acme-picky").cases if case.check.name == "objective_builds")
    assert subject.recipe().parts["generator"] == "acme-picky/own"


@pytest.mark.parametrize("parts", ["{'objective': 'gan'}", "{'network': 'conv'}", "{'critic': 3}"])
def test_parts_that_mean_nothing_are_named(parts, plugins):
    plugins.provide("acme-picky", objective(parts))
    (problem,) = (problem for problem in discover().problems if problem.distribution == "acme-picky")
    assert "an objective may name a generator, a critic, an upsampler or an adversarial" in problem.cause


def test_a_part_that_is_no_objective_names_none(plugins):
    plugins.provide("acme-picky", GENERATOR.replace("summary", "parts={'critic': 'conv'}, summary"))
    (problem,) = (problem for problem in discover().problems if problem.distribution == "acme-picky")
    assert "which only a model has" in problem.cause


def test_info_says_what_to_type_and_doctor_what_is_missing(plugins):
    plugins.provide("acme-picky", objective("{'generator': 'acme-gone/own'}"))
    assert "zoo bench --objective picky --generator acme-gone/own" in plugins.zoo("info", "picky").stdout
    found = plugins.zoo("doctor", "acme-picky")
    assert "acme-picky 1.2.3: broken" in found.stdout and "no plugin acme-gone is installed" in found.stdout
