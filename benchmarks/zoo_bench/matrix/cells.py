"""From comma lists to cells. Every cell is planned before the first one starts, so what cannot work is known by then."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from zoo_bench.matrix.axes import axes, varied
from zoo_bench.plan import recipe_of
from zoo_bench.records.matrix import OWN, Cell, Matrix
from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog

MATRIX_ONLY = ("observers", "varied", "seeds", "jobs", "engine", "dry_run", "out", "overwrite", "resume", "as_json")


def plan_matrix(given: Mapping[str, Any], catalog: Catalog, options: Iterable[click.Parameter], command: str) -> Matrix:
    """Every combination of the names and of the varied options, with every seed, as a cell.

    What takes nothing of an upsampler is planned once, with OWN as its upsampler, and not once for each that is named.

    `given` holds the values of `options`, those of `zoo bench`. Raises ZooError for a name that does not exist or comes twice,
    and if no cell at all is possible.
    """
    chosen, options_of = axes(given, catalog), varied(given)
    cells: list[Cell] = []
    for words in itertools.product(*chosen.values(), *options_of.values()):
        values = dict(zip([*chosen, *options_of], words, strict=True))
        settings = tuple(f"{key}={values[key]}" for key in options_of)
        one = {**given, **{flag: values[flag] for flag in chosen}, "settings": (*given["settings"], *settings)}
        recipe, problem = None, ""
        try:
            recipe = recipe_of(one, catalog)
            if _ignores_upsampler(one, recipe, catalog):
                values, one = {**values, "upsampler": OWN}, {**one, "upsampler": None}
                recipe = recipe_of(one, catalog)
        except ZooError as error:
            problem = str(error)
            if any(problem.startswith(f"--set {key}") for key in options_of):
                problem = problem.replace("--set", "--vary", 1)  # as it was typed
        if any(cell.values == values for cell in cells):  # with another upsampler, which it would ignore as well
            continue
        name = re.sub(r"[^\w.-]+", "_", "-".join((*(values[flag] for flag in chosen), *settings)))
        if recipe is None:
            cells.append(Cell(_unique(f"{name}-s{given['seed']}", cells), values, given["seed"], problem=problem))
            continue
        for seed in range(given["seed"], given["seed"] + given["seeds"]):
            typed = cell_command(options, {**one, "seed": seed})
            seeded = dataclasses.replace(recipe, seed=seed, command=typed)
            cells.append(Cell(_unique(f"{name}-s{seed}", cells), values, seed, seeded))
    problems = [cell.problem for cell in cells if cell.problem]
    if len(problems) == len(cells):
        raise ZooError(problems[0])
    return Matrix(tuple(cells), scoring_of(given), command)


def _ignores_upsampler(given: Mapping[str, Any], recipe: Recipe, catalog: Catalog) -> bool:
    if not given["upsampler"] or any(text.startswith("upsampler.") for text in given["settings"]):
        return False
    from zoo_train.run import takes_upsampler  # imports torch

    return not takes_upsampler(recipe, catalog)


def scoring_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """How every cell is scored, saved and watched, as JSON."""
    weights = given["extractor_weights"]
    return {
        "extractor": None if given["no_eval"] else given["extractor"],
        "weights": str(Path(weights).resolve()) if weights else None,
        "samples": given["samples"],
        "checkpoint_every": given["checkpoint_every"],
        "on_trouble": given["on_trouble"],
        "score_every": given["score_every"],
        "observers": [observer.to_json() for observer in given["observers"]],
    }


def cell_command(options: Iterable[click.Parameter], values: Mapping[str, Any]) -> str:
    """What to type for one cell alone, after `zoo`: every option whose value is not its default."""
    words = ["zoo", "bench"]
    for option in options:
        value = values.get(option.name or "")
        if option.name in MATRIX_ONLY or not isinstance(option, click.Option) or value in (None, False, (), option.default):
            continue
        flag = option.opts[-1] if option.opts[-1].startswith("--") else option.opts[0]
        if value is True:
            words.append(flag)
        else:
            words += [word for item in (value if isinstance(value, tuple) else (value,)) for word in (flag, str(item))]
    return shlex.join(words)


def _unique(name: str, cells: list[Cell]) -> str:
    """Words that hold hyphens may join to the same name."""
    taken = {cell.name for cell in cells}
    return next(each for number in itertools.count(1) if (each := name if number == 1 else f"{name}_{number}") not in taken)
