"""Do the parts of different plugins work together? Every combination that claims to fit is trained two steps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from zoo_core.errors import ZooError
from zoo_core.registry.catalog import Catalog, Provided
from zoo_core.registry.problems import cause
from zoo_testing.check import Check, Result, Status
from zoo_testing.conformance import Suite
from zoo_testing.networks import condition
from zoo_testing.small import trained
from zoo_testing.subject import Subject
from zoo_train.export import run_bundle

KINDS = ("objective", "generator", "critic", "upsampler")
STEPS = 2
NAME = "matrix_trains"
CONTRACT = "Parts that claim to fit each other train two steps together: objective x generator x critic x upsampler."
READ = "zoo_core/interfaces.py; docs/explanation/phases.md"


@dataclass(frozen=True)
class Combination:
    """One way to put parts together, and what came of it: "" for two good steps, `refused` for one line that says no."""

    items: tuple[Provided, ...]
    problem: str = ""
    refused: bool = False

    @property
    def name(self) -> str:
        return " x ".join(item.id for item in self.items)


def combinations(catalog: Catalog, distribution: str) -> list[tuple[Provided, ...]]:
    """Installed objectives x generators x critics x upsamplers, those with a part of the distribution."""
    every = itertools.product(*(catalog.of(kind) for kind in KINDS))
    return [items for items in every if any(item.distribution == distribution for item in items)]


def matrix(catalog: Catalog, distribution: str, settings: tuple[tuple[str, str], ...] = ()) -> Iterator[Combination]:
    """Train every combination. Parts that a ZooError says do not fit together are `refused`; all else must work."""
    for items in combinations(catalog, distribution):
        yield _trained(catalog, items, settings)


def _trained(catalog: Catalog, items: tuple[Provided, ...], settings: tuple[tuple[str, str], ...]) -> Combination:
    subject = Subject(catalog, items[0].distribution, items[0], settings)
    try:
        recipe = subject.recipe(dict(zip(KINDS, items, strict=True)))
        bundle = run_bundle(trained(recipe, STEPS, catalog=catalog))
        guide = condition(recipe.space, 2).guide
        shape = tuple(bundle.sample(2, guide=guide).shape)
    except ZooError as error:
        return Combination(items, str(error), refused=True)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Combination(items, cause(error))
    wanted = (2, recipe.space.channels, recipe.space.size, recipe.space.size)
    return Combination(items, "" if shape == wanted else f"images have shape {shape}, expected {wanted}")


def matrix_results(suite: Suite) -> Iterator[Result]:
    """The matrix as results of one check, a result for each combination."""
    check = Check(NAME, "", CONTRACT, READ, lambda subject: None)
    settings = suite.cases[0].subject.settings
    for found in matrix(suite.catalog, suite.distribution, settings):
        status: Status = "skipped" if found.refused else "failed" if found.problem else "passed"
        yield Result(check, found.name, status, found.problem)
