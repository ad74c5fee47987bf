"""What may change when a run goes on: the machine freely, the recipe only if told, the networks never."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.options import parse, to_json
from zoo_core.recipe.recipe import Budget, Recipe, split_settings
from zoo_core.recipe.train_options import TrainOptions
from zoo_core.registry.catalog import Catalog

BUDGETS = ("steps", "images", "minutes")
FIXED_TRAIN = ("optimizer",)  # its state is in the checkpoint


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing that is typed otherwise than the run was started with."""

    flag: str  # as it is typed
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.flag} {self.after} instead of {self.before}"


def resumed_recipe(recipe: Recipe, typed: Mapping[str, Any], catalog: Catalog, folder: Any, told: bool) -> Recipe:
    """The recipe to go on with; what is new stands in its `changes`.

    typed  options of `zoo bench` by their parameter's name, those alone that were typed.
    told   whether a changed recipe was allowed.

    Raises ZooError for options that the run was not started with, unless the machine, or, if told, the budget or an option
    that leaves the networks as they are.
    """
    again = f"start a new run, or leave it out to go on with {folder}"
    for change in _fixed(recipe, typed, catalog):
        raise ZooError(f"{folder} was started with {change.flag} {change.before}, not {change.after}; {again}")
    budget = {name: typed[name] for name in BUDGETS if typed.get(name) is not None}
    new, changes = recipe, []
    if budget and Budget(**budget) != recipe.budget:
        old = {name: value for name, value in dataclasses.asdict(recipe.budget).items() if value is not None}
        changes.append(Change(_flags(budget), _flags(old), ""))
        new = dataclasses.replace(new, budget=Budget(**budget))
    new, options = _with_settings(new, typed.get("settings", ()), catalog, folder)
    changes += options
    if changes and not told:
        said = ", ".join(change.flag for change in changes)
        raise ZooError(f"{folder} was started with another recipe ({said} is new); leave that out, or add --change-recipe")
    new, machine = _on_machine(new, typed)
    notes = [f"{change.flag} (was {change.before})" for change in [*changes, *machine]]
    return dataclasses.replace(new, changes=[*recipe.changes, *notes]) if notes else recipe


def _fixed(recipe: Recipe, typed: Mapping[str, Any], catalog: Catalog) -> list[Change]:
    """What decides the networks or the images, and is not as it was."""
    space, data = recipe.space, recipe.data
    read: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "model": (catalog.current("model", recipe.model), _id(catalog, "model")),
        "size": (space.size, int),
        "channels": (space.channels, int),
        "labels": (",".join(data.labels), str),
        "guide": (data.guide, str),
        "seed": (recipe.seed, int),
        "overfit": (data.overfit, int),
        "background": ("#%02x%02x%02x" % tuple(data.background), _hex),  # noqa: UP031 (three at once)
        "dataset": ((catalog.current("dataset", data.id), data.options.get("path") or ""), lambda name: _asked(name, catalog)),
        **{part: (catalog.current(kind, recipe.parts.get(part, "")), _id(catalog, kind)) for part, kind in PARTS.items()},
    }
    found = []
    for name, (before, meaning) in read.items():
        if typed.get(name) is not None and meaning(typed[name]) != before:
            found.append(Change(f"--{name}", before, typed[name]))
    return found


def _with_settings(recipe: Recipe, settings: Any, catalog: Catalog, folder: Any) -> tuple[Recipe, list[Change]]:
    configs: dict[str, type | None] = {
        part: catalog.load_config(catalog.find(PARTS[part], name)) for part, name in recipe.parts.items()
    }
    configs |= {"train": TrainOptions, "dataset": catalog.load_config(catalog.find("dataset", recipe.data.id))}
    options = {part: dict(values) for part, values in recipe.options.items()}
    changes = []
    for part, name, text in split_settings(settings, configs):
        config = configs[part]
        if config is None:
            raise ZooError(f"{part} has no options")
        value = to_json(parse(config, {name: text}, part))[name]
        before = (recipe.data.options if part == "dataset" else options[part]).get(name)
        if value == before:
            continue
        if part == "dataset" or (part == "train" and name in FIXED_TRAIN):
            raise ZooError(f"{folder} was started with {part}.{name}={before}, not {value}; start a new run")
        options[part][name] = value
        changes.append(Change(f"--set {part}.{name}={value}", before, value))
    return dataclasses.replace(recipe, options=options), changes


def _on_machine(recipe: Recipe, typed: Mapping[str, Any]) -> tuple[Recipe, list[Change]]:
    """Device, threads and precision as typed; a device that is not there is an error."""
    changes, new = [], recipe
    if "device" in typed:
        from zoo_bench.run.hardware import pick_device  # imports torch

        new = dataclasses.replace(new, device=pick_device(typed["device"]))
        changes += [Change(f"--device {new.device}", recipe.device, "")] if new.device != recipe.device else []
    if "threads" in typed and typed["threads"] != recipe.threads:
        new = dataclasses.replace(new, threads=typed["threads"])
        changes.append(Change(f"--threads {new.threads}", recipe.threads, ""))
    precision = typed.get("precision")
    if precision is not None and precision != recipe.train.precision:
        changes.append(Change(f"--precision {precision}", recipe.train.precision, ""))
        new = dataclasses.replace(
            new, options={**new.options, "train": {**new.options["train"], "precision": precision}}, precision={}
        )
    return (dataclasses.replace(new, precision={}) if new.device != recipe.device else new), changes


def differences(recipe: Recipe, versions: Mapping[str, str], hardware: Mapping[str, Any]) -> list[str]:
    """One line each on what is not as it was when the run was started: packages, processor, GPU, threads, number of devices."""
    found = [
        f"{name} is {versions[name]} here, the run was started with {before}: what comes may differ"
        for name, before in recipe.versions.items()
        if versions.get(name, before) != before
    ]
    moved = [
        f"{name} {hardware[name]} (was {recipe.hardware[name]})"
        for name in ("cpu", "gpu", "threads", "devices")
        if name in recipe.hardware and hardware.get(name) != recipe.hardware[name]
        if not any(change.startswith(f"--{name} ") for change in recipe.changes)  # said once
    ]
    if recipe.changes or moved:
        said = ", ".join(dict.fromkeys([*recipe.changes, *moved]))
        found.append(f"going on with {said}: results no longer equal, bit for bit, those of a run without the change")
    return found


def _flags(budget: Mapping[str, Any]) -> str:
    return " ".join(f"--{name} {value:g}" for name, value in budget.items())


def _id(catalog: Catalog, kind: str) -> Callable[[str], str]:
    return lambda name: catalog.find(kind, name).id


def _asked(text: str, catalog: Catalog) -> tuple[str, Any]:
    name, _, path = text.partition(":")
    return catalog.find("dataset", name).id, path


def _hex(text: str) -> str:
    return {"white": "#ffffff", "black": "#000000"}.get(text, text).lower()
