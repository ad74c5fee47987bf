"""From what was typed to a recipe, and the name of its folder."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

from zoo_bench.asked import Asked
from zoo_bench.records.provenance import Provenance
from zoo_core.errors import ZooError
from zoo_core.options import to_json
from zoo_core.recipe.recipe import Budget, Recipe
from zoo_core.registry.catalog import Catalog
from zoo_train.plan import plan

UNCHANGED = ("train.flip=false", "train.vflip=false", "train.shift=0", "train.hue=0")  # one image is to stay one image
DEFAULT_MINUTES = {"cpu": 5.0, "mps": 10.0, "cuda": 10.0}


def recipe_of(asked: Asked, catalog: Catalog) -> Recipe:
    """The recipe that the options mean. The device and a default budget are settled here."""
    design, images, machine = asked.design, asked.images, asked.machine
    budget = asked.length.budget
    precision = [f"train.precision={machine.precision}"] if machine.precision else []
    recipe = plan(
        catalog,
        model=design.model,
        dataset=images.dataset,
        size=images.size,
        budget=budget or Budget(minutes=1.0),
        parts=design.parts,
        settings=[*(UNCHANGED if images.overfit else ()), *design.settings, *precision],
        channels=images.channels,
        labels=images.attributes,
        background=colour(images.background),
        guide=images.guide,
        seed=asked.sweep.seed,
        threads=machine.threads,
        overfit=images.overfit,
    )
    from zoo_bench.run.hardware import pick_device  # imports torch

    device = pick_device(machine.device)
    return pinned(recipe, catalog).on(device).with_budget(budget or Budget(minutes=DEFAULT_MINUTES[device]))


def provenance_of(asked: Asked, recipe: Recipe, catalog: Catalog) -> Provenance:
    """What is known before the run begins: the command, and the weights that it starts from, which are looked at."""
    command = shlex.join(["zoo", *sys.argv[1:]])
    if not asked.design.init_from:
        return Provenance(command)
    from zoo_bench.run.init import starting_from  # imports torch

    return Provenance(command, init_from=starting_from(recipe, asked.design.init_from, catalog))


def run_name(recipe: Recipe) -> str:
    """A folder name that says what was trained."""
    source = recipe.data.id.partition("/")[2]
    path = recipe.data.options.get("path")
    dataset = Path(path).resolve().name if path else source
    words = [recipe.model.partition("/")[2], recipe.parts["upsampler"].partition("/")[2], dataset, str(recipe.space.size)]
    words += [*list(recipe.space.labels), f"s{recipe.seed}"]
    return re.sub(r"[^\w.-]+", "_", "-".join(words))


def colour(text: str) -> tuple[int, int, int]:
    """white, black or #rrggbb as numbers 0..255. Raises ZooError for anything else."""
    text = {"white": "#ffffff", "black": "#000000"}.get(text, text)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ZooError(f"--background {text} must be white, black or #rrggbb")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def pinned(recipe: Recipe, catalog: Catalog) -> Recipe:
    """The same images, named so that they stay the same: a dataset of the Hub is asked for its commit."""
    from zoo_bench.data.named import open_dataset

    dataset = open_dataset(catalog, recipe.data.id, recipe.data.options)[1]
    return recipe.with_dataset(to_json(dataset.pinned())) if hasattr(dataset, "pinned") else recipe
