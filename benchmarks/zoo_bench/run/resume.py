"""What may change when a run goes on: the machine freely, the recipe only if told, the networks never."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_bench.asked import BUDGETS, Asked
from zoo_bench.records.provenance import Provenance
from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.options import parse, to_json
from zoo_core.recipe.recipe import Budget, Guide, Recipe
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import Catalog
from zoo_train.plan import split_settings

FIXED = ("train.optimizer", "guide.kind")  # the state of the one is in the checkpoint, networks are made for the other


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing that is typed otherwise than the run was started with."""

    flag: str  # as it is typed
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.flag} {self.after} instead of {self.before}"


def resumed_recipe(
    recipe: Recipe, provenance: Provenance, asked: Asked, catalog: Catalog, folder: Path
) -> tuple[Recipe, Provenance]:
    """What to go on with; what is new stands in the provenance.

    asked  the options of `zoo bench`, of which those count that were typed.

    Raises ZooError for options that the run was not started with, unless the machine, or, with --change-recipe, the budget or
    an option that leaves the networks as they are.
    """
    again = f"start a new run, or leave it out to go on with {folder}"
    for change in _fixed(recipe, asked, catalog):
        raise ZooError(f"{folder} was started with {change.flag} {change.before}, not {change.after}; {again}")
    new, changes = recipe, []
    budget = asked.length.budget if asked.typed & set(BUDGETS) else None
    if budget and budget != recipe.budget:
        changes.append(Change(_flags(budget), _flags(recipe.budget), ""))
        new = new.with_budget(budget)
    settings = asked.design.settings if "settings" in asked.typed else ()
    new, options = _with_settings(new, settings, catalog, folder)
    changes += options
    if changes and not asked.session.change_recipe:
        flags = ", ".join(change.flag for change in changes)
        raise ZooError(f"{folder} was started with another recipe ({flags} is new); leave that out, or add --change-recipe")
    new, machine = _on_machine(new, asked)
    if new.device != recipe.device or new.train.precision != recipe.train.precision:
        provenance = provenance.in_precision({})
    return new, provenance.changed([f"{change.flag} (was {change.before})" for change in [*changes, *machine]])


def _fixed(recipe: Recipe, asked: Asked, catalog: Catalog) -> list[Change]:
    """What decides the networks or the images, and is not as it was."""
    space, data, images = recipe.space, recipe.data, asked.images
    dataset = catalog.current("dataset", data.id), data.options.get("path") or ""
    before_and_now: dict[str, tuple[Any, Any, Callable[[Any], Any]]] = {
        "model": (catalog.current("model", recipe.model), asked.design.model, _id(catalog, "model")),
        "size": (space.size, images.size, int),
        "channels": (space.channels, images.channels, int),
        "labels": (",".join(data.labels), images.labels, str),
        "guide": (data.guide.kind, images.guide, str),
        "seed": (recipe.seed, asked.sweep.seed, int),
        "overfit": (data.overfit, images.overfit, int),
        "background": ("#%02x%02x%02x" % tuple(data.background), images.background, _hex),  # noqa: UP031 (three at once)
        "dataset": (dataset, images.dataset, lambda name: _id_and_path(name, catalog)),
    }
    for part, name in asked.design.parts.items():
        kind = PARTS[part]
        before_and_now[part] = catalog.current(kind, recipe.parts.get(part, "")), name, _id(catalog, kind)
    return [
        Change(f"--{name}", before, now)
        for name, (before, now, meaning) in before_and_now.items()
        if name in asked.typed and meaning(now) != before
    ]


def _with_settings(recipe: Recipe, settings: Sequence[str], catalog: Catalog, folder: Path) -> tuple[Recipe, list[Change]]:
    configs: dict[str, type | None] = {
        part: catalog.load_config(catalog.find(PARTS[part], name)) for part, name in recipe.parts.items()
    }
    configs |= {"train": TrainOptions, "guide": Guide, "dataset": catalog.load_config(catalog.find("dataset", recipe.data.id))}
    changes = []
    for part, name, text in split_settings(settings, configs):
        config = configs[part]
        if config is None:
            raise ZooError(f"{part} has no options")
        value = to_json(parse(config, {name: text}, part))[name]
        values = {"dataset": recipe.data.options, "guide": to_json(recipe.data.guide)}
        before = (values[part] if part in values else recipe.options[part]).get(name)
        if value == before:
            continue
        if part == "dataset" or f"{part}.{name}" in FIXED:
            raise ZooError(f"{folder} was started with {part}.{name}={before}, not {value}; start a new run")
        recipe = recipe.with_option(part, name, value)
        changes.append(Change(f"--set {part}.{name}={value}", before, value))
    return recipe, changes


def _on_machine(recipe: Recipe, asked: Asked) -> tuple[Recipe, list[Change]]:
    """Device, threads and precision as typed; a device that is not there is an error."""
    changes, new, machine = [], recipe, asked.machine
    if "device" in asked.typed:
        from zoo_bench.run.hardware import pick_device  # imports torch

        new = new.on(pick_device(machine.device))
        changes += [Change(f"--device {new.device}", recipe.device, "")] if new.device != recipe.device else []
    if "threads" in asked.typed and machine.threads != recipe.threads:
        new = new.on(threads=machine.threads)
        changes.append(Change(f"--threads {new.threads}", recipe.threads, ""))
    if "precision" in asked.typed and machine.precision != recipe.train.precision:
        changes.append(Change(f"--precision {machine.precision}", recipe.train.precision, ""))
        new = new.with_option("train", "precision", machine.precision)
    return new, changes


def differences(provenance: Provenance, versions: Mapping[str, str], hardware: Mapping[str, Any]) -> list[str]:
    """One line each on what is not as it was when the run was started: packages, processor, GPU, threads, number of devices."""
    found = [
        f"{name} is {versions[name]} here, the run was started with {before}: what comes may differ"
        for name, before in provenance.versions.items()
        if versions.get(name, before) != before
    ]
    moved = [
        f"{name} {hardware[name]} (was {provenance.hardware[name]})"
        for name in ("cpu", "gpu", "threads", "devices")
        if name in provenance.hardware and hardware.get(name) != provenance.hardware[name]
        if not any(change.startswith(f"--{name} ") for change in provenance.changes)  # said once
    ]
    if provenance.changes or moved:
        said = ", ".join(dict.fromkeys([*provenance.changes, *moved]))
        found.append(f"going on with {said}: results no longer equal, bit for bit, those of a run without the change")
    return found


def _flags(budget: Budget) -> str:
    return " ".join(f"--{name} {value:g}" for name, value in dataclasses.asdict(budget).items() if value is not None)


def _id(catalog: Catalog, kind: str) -> Callable[[str], str]:
    return lambda name: catalog.find(kind, name).id


def _id_and_path(text: str, catalog: Catalog) -> tuple[str, Any]:
    name, _, path = text.partition(":")
    return catalog.find("dataset", name).id, path


def _hex(text: str) -> str:
    return {"white": "#ffffff", "black": "#000000"}.get(text, text).lower()
