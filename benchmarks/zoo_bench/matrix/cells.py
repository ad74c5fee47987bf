"""From comma lists to cells. Every cell is planned before the first one starts, so what cannot work is known by then."""

from __future__ import annotations

import itertools
import re
from typing import Any

from zoo_bench.asked import Asked, Design
from zoo_bench.matrix.axes import axes, varied
from zoo_bench.plan import provenance_of, recipe_of
from zoo_bench.records.matrix import OWN, Cell, Matrix
from zoo_bench.records.provenance import Provenance
from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog

NOT_OF_A_CELL = frozenset(  # its own command names the values of a preset, and no matrix
    ("preset", "log", "varied", "seeds", "jobs", "engine", "dry_run", "out", "overwrite", "resume", "as_json")
)


def plan_matrix(asked: Asked, catalog: Catalog, command: str) -> Matrix:
    """Every combination of the names and of the varied options, with every seed, as a cell.

    What takes nothing of an upsampler is planned once, with OWN as its upsampler, and not once for each that is named.

    Raises ZooError for a name that does not exist or comes twice, and if no cell at all is possible.
    """
    names, values_of = axes(asked.design, catalog), varied(asked)
    cells: list[Cell] = []
    for words in itertools.product(*names.values()):
        for values in itertools.product(*values_of.values()):
            one = dict(zip(names, words, strict=True)), dict(zip(values_of, values, strict=True))
            cells += _cells(asked, *one, catalog, cells)
    problems = [cell.problem for cell in cells if cell.problem]
    if len(problems) == len(cells):
        raise ZooError(problems[0])
    return Matrix(tuple(cells), scoring_of(asked), command)


def _cells(asked: Asked, names: dict[str, str], options: dict[str, str], catalog: Catalog, before: list[Cell]) -> list[Cell]:
    """The cells of one combination, one for each seed; none if a cell `before` differs in an upsampler alone that both ignore.

    names    flag -> name of an entry.
    options  varied option -> value.
    """
    settings = tuple(f"{key}={value}" for key, value in options.items())
    one = asked.with_design(**names, settings=(*asked.design.settings, *settings))
    recipe, problem, provenance = None, "", Provenance()
    try:
        recipe = recipe_of(one, catalog)
        if _ignores_upsampler(one.design, recipe, catalog):
            names, one = {**names, "upsampler": OWN}, one.with_design(upsampler=None)
            recipe = recipe_of(one, catalog)
        provenance = provenance_of(one, recipe, catalog)
    except ZooError as error:
        problem = str(error)
        if any(problem.startswith(f"--set {key}") for key in options):
            problem = problem.replace("--set", "--vary", 1)  # as it was typed
    values = {**names, **options}
    if any(cell.values == values for cell in before):
        return []
    name = re.sub(r"[^\w.-]+", "_", "-".join((*names.values(), *settings)))
    first = asked.sweep.seed
    if problem or recipe is None:
        return [Cell(_unique(f"{name}-s{first}", before), values, first, problem=problem)]
    cells: list[Cell] = []
    for seed in range(first, first + asked.sweep.seeds):
        start = provenance.typed(one.with_seed(seed).command(NOT_OF_A_CELL))
        unique = _unique(f"{name}-s{seed}", [*before, *cells])
        cells.append(Cell(unique, values, seed, recipe.with_seed(seed), provenance=start))
    return cells


def _ignores_upsampler(design: Design, recipe: Recipe, catalog: Catalog) -> bool:
    if not design.upsampler or any(text.startswith("upsampler.") for text in design.settings):
        return False
    return "upsampler" in catalog.find("generator", recipe.parts["generator"]).entry.ignores


def scoring_of(asked: Asked) -> dict[str, Any]:
    """How every cell is scored, saved and watched, as JSON."""
    judging, weights = asked.judging, asked.judging.extractor_weights
    return {
        "extractor": judging.judge,
        "weights": str(weights.resolve()) if weights else None,
        "judge": judging.second_judge,
        "samples": judging.samples,
        "checkpoint_every": asked.session.checkpoint_every,
        "on_trouble": asked.session.on_trouble,
        "score_every": judging.score_every,
        "observers": [observer.to_json() for observer in asked.observers],
    }


def _unique(name: str, cells: list[Cell]) -> str:
    """Words that hold hyphens may join to the same name."""
    taken = {cell.name for cell in cells}
    return next(each for number in itertools.count(1) if (each := name if number == 1 else f"{name}_{number}") not in taken)
