"""`zoo bench` and `zoo check` as they are, but small: the commands of the documentation train for minutes otherwise."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from zoo_bench.asked import Asked
from zoo_core import executors
from zoo_core.executors import Job
from zoo_core.hooks import PARTS
from zoo_core.recipe.recipe import Budget, Recipe
from zoo_core.registry.catalog import Catalog
from zoo_testing.subject import small

STEPS, BATCH, GRID, CELLS, COMBINATIONS, SAMPLES = 2, 4, 4, 3, 3, 40


def make_small(patch: pytest.MonkeyPatch, scored: bool) -> None:
    """Recipes train two steps of small networks on few images; a matrix has three cells, which run in this process.

    scored  whether what is trained is scored, too.
    """
    from zoo_bench import plan as planned_by
    from zoo_bench.commands import bench as command
    from zoo_bench.matrix import cells, executor_local, run
    from zoo_bench.run import bench
    from zoo_bench.samples import drawn
    from zoo_testing import checks_learning, matrix

    plan, run_bench, plan_matrix, combinations = planned_by.plan, bench.run_bench, run.plan_matrix, matrix.combinations

    def run_small(recipe: Any, provenance: Any, folder: Any, catalog: Any, options: Any, **more: Any) -> Any:
        few = replace(options.scoring, samples=SAMPLES, extractor=options.scoring.extractor if scored else None)
        return run_bench(recipe, provenance, folder, catalog, replace(options, scoring=few), **more)

    def few_cells(asked: Asked, *more: Any) -> Any:
        planned = plan_matrix(asked, *more)
        return planned if asked.sweep.dry_run else replace(planned, cells=few(planned.cells, CELLS))

    patch.setattr(planned_by, "plan", lambda catalog, **given: with_small_parts(plan(catalog, **given), catalog))
    patch.setattr(command, "resumed_recipe", short(command.resumed_recipe, 2 * STEPS))
    patch.setattr(cells, "recipe_of", short(command.recipe_of, STEPS))
    patch.setattr(command, "recipe_of", cells.recipe_of)
    patch.setattr(bench, "run_bench", run_small)
    patch.setattr(drawn, "GRID_SAMPLES", GRID)
    patch.setattr(run, "plan_matrix", few_cells)
    patch.setattr(executor_local, "LocalExecutor", Here)
    patch.setattr(matrix, "combinations", lambda *given: few(combinations(*given), COMBINATIONS))
    patch.setattr(checks_learning, "ENOUGH", float("inf"))  # so that it ends at the first look
    conformance = importlib.import_module("zoo_testing.conformance")  # the package has a function of this name
    patch.setattr(conformance, "_call", once(conformance._call))


def short(make: Callable[..., Any], steps: int) -> Callable[..., Any]:
    """The recipes that a function makes, with a budget of at most that many steps; what is a dry run is left as it is."""

    def made(*arguments: Any) -> Any:
        found = make(*arguments)
        recipe, *provenance = found if isinstance(found, tuple) else (found,)
        asked = next(each for each in arguments if isinstance(each, Asked))
        enough = recipe.budget.steps is not None and recipe.budget.steps <= steps
        few = recipe if enough or asked.sweep.dry_run else recipe.with_budget(Budget(steps=steps))
        return (few, *provenance) if provenance else few

    return made


def with_small_parts(recipe: Recipe, catalog: Catalog) -> Recipe:
    """The recipe with small networks, batches and datasets."""
    options = {
        part: with_small(values, part, recipe.parts[part], catalog) if part in recipe.parts else values
        for part, values in recipe.options.items()
    }
    options["train"] = {**options["train"], "batch": min(BATCH, options["train"]["batch"])}
    data = replace(recipe.data, options=with_small(recipe.data.options, "dataset", recipe.data.id, catalog))
    return replace(recipe, options=options, data=data)


def with_small(values: Mapping[str, Any], part: str, id: str, catalog: Catalog) -> dict[str, Any]:
    config = catalog.load_config(catalog.find(PARTS.get(part, part), id))
    limits = small(config) if config else {}
    lower = {name: limit for name, limit in limits.items() if name in values and values[name] != limit}
    return {**values, **{name: limit for name, limit in lower.items() if not isinstance(limit, int) or values[name] > limit}}


def few(things: Any, most: int) -> Any:
    """At most that many of them, evenly spread."""
    return things[:: -(-len(things) // most)]


def once(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What a check says of a plugin is remembered: a page runs all checks again to show what an option adds."""
    said: dict[tuple[str, str], Any] = {}

    def remembered(case: Any) -> Any:
        key = (case.subject.distribution, case.id)
        if key not in said:
            said[key] = call(case)
        return said[key]

    return remembered


class Here:
    """An executor that runs a job in this process before `start` returns."""

    slots = 1

    def __init__(self, options: None = None) -> None:
        self.over: dict[str, str] = {}

    def start(self, job: Job) -> None:
        executors.call(job.target, job.arguments)
        self.over[job.name] = ""

    def ended(self) -> Mapping[str, str]:
        over, self.over = self.over, {}
        return over

    def stop(self) -> None:
        """Nothing runs."""
