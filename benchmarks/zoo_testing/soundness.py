"""Does an entry hold together: its target and options can be imported, its parts are there, its settings fit."""

from __future__ import annotations

import contextlib
import sys

import click

from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.registry.catalog import Catalog, Provided
from zoo_core.registry.problems import cause


def check(catalog: Catalog, item: Provided) -> list[str]:
    """What is wrong with an entry, one line each; imports its target and its options."""
    found = []
    config: type | None = None
    try:
        config = catalog.load_config(item)
        if config is not None:
            found += _undocumented(item, config)
    except ZooError as error:
        found.append(str(error))
    try:
        if item.entry.kind == "model":
            found += _model(catalog, item)
        else:
            target = catalog.load_target(item)
            for part, name in item.entry.parts.items():
                catalog.find(PARTS[part], name, prefer=item.distribution)
            if item.entry.kind == "command" and not isinstance(target, click.Command):
                found.append(f"{item}: target {item.entry.target} is not a click command")
            elif not callable(target):
                found.append(f"{item}: target {item.entry.target} cannot be called")
    except ZooError as error:
        found.append(str(error))
    return found


def _undocumented(item: Provided, config: type) -> list[str]:
    from zoo_core.options import describe, parse, to_json

    found = [f"{item}: option {option.name} has no help text" for option in describe(config) if not option.bounds.help.strip()]
    try:
        with contextlib.redirect_stdout(sys.stderr):
            parse(config, to_json(config()), str(item))
    except ZooError as error:
        found.append(f"a default does not fit its own bounds: {error}")
    except Exception as error:
        found.append(f"{item}: its options cannot be made from their defaults: {cause(error)}")
    return found


def _model(catalog: Catalog, item: Provided) -> list[str]:
    """Parts that are not there and settings that a part does not take."""
    from zoo_core.options import parse
    from zoo_core.recipe.recipe import REFERENCE, Guide
    from zoo_core.recipe.train_options import TrainOptions

    found = []
    configs: dict[str, tuple[str, type | None]] = {"train": ("train", TrainOptions), "guide": ("guide", Guide)}
    for part, name in {**REFERENCE, **item.entry.parts}.items():
        try:
            provided = catalog.find(PARTS[part], name, prefer=item.distribution if part in item.entry.parts else "")
            configs[part] = (str(provided), catalog.load_config(provided))
        except ZooError as error:
            found.append(f"{item}: {error}")
    for part in (*PARTS, "train", "guide"):
        settings = {key.partition(".")[2]: value for key, value in item.entry.options.items() if key.startswith(part + ".")}
        owner, config = configs.get(part, (part, None))
        try:
            if settings and config is not None:
                parse(config, settings, owner)
            elif settings and part in configs:
                found.append(f"{item} sets {', '.join(settings)}, but {owner} has no options")
        except ZooError as error:
            found.append(f"{item}: {error}")
    return found
