"""What checks look at: one distribution, or one entry of it, with small instances made on demand."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS, Entry
from zoo_core.options import describe, parse
from zoo_core.recipe.recipe import REFERENCE, Budget, Recipe
from zoo_core.registry.catalog import Catalog, Provided
from zoo_core.space import Space
from zoo_testing.noise import LABELS, NOISE
from zoo_train.plan import check_fit, plan

# Options that are made small if an entry has them: checks ask whether a contract holds, not how well a model learns.
SMALL = {"width": 4, "max_width": 8, "hidden": 8, "embedding": 4, "latent": 6, "code": 6, "batch": 4, "count": 40}
MODERATE = {
    "width": 16,
    "max_width": 64,
    "hidden": 64,
    "embedding": 16,
    "latent": 32,
    "code": 32,
    "batch": 32,
    "count": 256,
}  # to learn with
TUPLES = ("widths", "edges", "channels")  # of numbers of channels: up to twice "width"
SIZES = (16, 20, 24, 32, 48, 64, 96, 128, 256)
LATENT = 6


class Misfit(Exception):
    """An entry does not claim to work with what was asked for; the text is its own explanation."""


@dataclass(frozen=True)
class Subject:
    """A distribution, and one of its entries if `item` is given.

    settings  "kind.option" -> text, for entries whose defaults cannot be checked: {"dataset.path": "/data/faces"}.
    """

    catalog: Catalog
    distribution: str
    item: Provided | None = None
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def provided(self) -> Provided:
        assert self.item is not None
        return self.item

    @property
    def entry(self) -> Entry:
        return self.provided.entry

    @property
    def items(self) -> tuple[Provided, ...]:
        """All entries of the distribution."""
        return tuple(item for item in self.catalog.entries if item.distribution == self.distribution)

    @cached_property
    def target(self) -> Any:
        return self.catalog.load_target(self.provided)

    @cached_property
    def options(self) -> Any:
        """The entry's options, small where they have one of the usual names of sizes; None if it has none."""
        config = self.catalog.load_config(self.provided)
        return None if config is None else self.parse(config, self.entry.kind)

    def parse(self, config: type, part: str, values: Mapping[str, Any] | None = None) -> Any:
        return parse(config, {**(values or {}), **small(config), **self.chosen(part)}, f"{part} {self.provided.id}")

    def chosen(self, part: str) -> dict[str, str]:
        return {key.partition(".")[2]: value for key, value in self.settings if key.partition(".")[0] == part}

    def space(self, *, size: int = 0, channels: int = 0, labels: bool = False, guide: bool = False) -> Space:
        """The smallest space with what is asked for that the entry claims to fit. Raises Misfit with its own words."""
        needs, problem = self.entry.needs, ""
        named = LABELS if labels or "labels" in needs else {}
        sizes, depths = (size,) if size else SIZES, (channels,) if channels else (3, 4, 1)
        for each, depth in itertools.product(sizes, depths):
            space = Space(each, depth, named, int(guide or "guide" in needs))
            try:
                check_fit(self.provided, {self.entry.kind: self.provided}, {self.entry.kind: self.options}, space)
            except ZooError as error:
                problem = problem or str(error)
            else:
                return space
        raise Misfit(problem)

    def recipe(self, parts: Mapping[str, Provided] | None = None, *, sizes: Mapping[str, int] = SMALL, **given: Any) -> Recipe:
        """A small recipe with this entry in it, on noise: a model as it is, a part with reference parts around it.

        parts  further parts. sizes  option -> the most it may be. given  more arguments of `zoo_train.plan.plan`.
        Raises ZooError for what does not fit.
        """
        model = self.entry if self.entry.kind == "model" else Entry("model", "checked", parts=self.around(parts or {}))
        named = {part: model.parts.get(part, REFERENCE.get(part, "")) for part in PARTS}
        found = {
            part: self.catalog.find(PARTS[part], name, prefer=self.distribution if part in model.parts else "")
            for part, name in named.items()
            if name
        }
        options = dict(model.options)
        for part, item in found.items():
            config = self.catalog.load_config(item)
            options |= {f"{part}.{name}": value for name, value in small(config, sizes).items()} if config else {}
            options |= {f"{part}.{name}": value for name, value in self.chosen(part).items()}
        options |= {"train.batch": sizes["batch"], "train.precision": "fp32"}
        made = Provided(replace(model, options=options), self.distribution, self.provided.version)
        others = tuple(item for item in self.catalog.entries if (item.entry.kind, item.id) != ("model", made.id))
        catalog = replace(self.catalog, entries=(*others, made, NOISE))
        needs = {need for item in (made, *found.values()) for need in item.entry.needs}
        arguments: dict[str, Any] = {
            "dataset": NOISE.id,
            "labels": tuple(LABELS) if "labels" in needs else (),
            "guide": "edges" if "guide" in needs else "none",
            "budget": Budget(steps=4),
        }
        return _first_size(catalog, model=made.id, **(arguments | given))

    def around(self, parts: Mapping[str, Provided]) -> dict[str, str]:
        """part -> id, for a model made of this entry, `parts` and the reference ones."""
        own = self.entry.parts if self.entry.kind == "objective" else {}  # it works with no others
        ids = {"objective": "zoo-core/adversarial", **own, **{part: item.id for part, item in parts.items()}}
        if self.entry.kind in PARTS.values():
            ids[self.entry.kind] = self.provided.id
        objective = self.catalog.find("objective", ids["objective"])
        return ids | ({"adversarial": "zoo-core/adversarial"} if wraps(self.catalog.load_target(objective)) else {})

    def models(self) -> Iterator[Subject]:
        """A subject for every entry of the distribution that takes part in sampling or training."""
        for item in self.items:
            if item.entry.kind in ("model", *PARTS.values()):
                yield Subject(self.catalog, self.distribution, item, self.settings)


def wraps(target: Any) -> bool:
    """Whether an objective's target takes another objective: (adversarial, options) instead of (options)."""
    try:
        required = [p for p in inspect.signature(target).parameters.values() if p.default is p.empty]
    except (TypeError, ValueError):
        return False
    return len(required) == 2


def small(config: type, sizes: Mapping[str, int] = SMALL) -> dict[str, Any]:
    """Option -> a small value, for the options whose names say that they are sizes."""
    found: dict[str, Any] = {}
    for option in describe(config):
        if option.name in sizes and type(option.default) is int and option.default > sizes[option.name]:
            found[option.name] = max(sizes[option.name], int(option.bounds.min or 0))
        elif option.name in TUPLES and isinstance(option.default, tuple):
            most = 2 * sizes["width"]
            found[option.name] = tuple(min(most, value) if isinstance(value, int) else value for value in option.default)
    return found


def _first_size(catalog: Catalog, **arguments: Any) -> Recipe:
    """The recipe of the smallest size that fits. Raises ZooError with the complaint about the smallest of all."""
    sizes: Sequence[int] = (arguments.pop("size"),) if "size" in arguments else SIZES
    first: ZooError | None = None
    for size in sizes:
        try:
            return plan(catalog, size=size, **arguments)
        except ZooError as error:
            first = first or error
    assert first is not None
    raise first
