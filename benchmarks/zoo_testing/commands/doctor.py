"""`zoo doctor`: import everything that plugins provide and say what is wrong with it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import sys
from collections import Counter

import click

from zoo_core import __version__
from zoo_core.cli import Settings
from zoo_core.cli.listing import columns
from zoo_core.errors import RunFailure, ZooError
from zoo_core.hooks import PARTS
from zoo_core.registry import names
from zoo_core.registry.catalog import Catalog, Provided, discover
from zoo_core.registry.cause import cause
from zoo_core.registry.installed import CORE


@click.command("doctor")
@click.argument("distribution", required=False)
@click.option("--strict", is_flag=True, help="Exit with code 1 if anything is wrong.")
@click.pass_context
def doctor_command(ctx: click.Context, distribution: str | None, strict: bool) -> None:
    """Check all plugins, or those of one DISTRIBUTION: everything is imported, torch too."""
    catalog = discover()
    versions = {plugin.distribution: plugin.version for plugin in catalog.plugins}
    named = {problem.distribution for problem in catalog.problems}
    named = {problem.distribution for problem in catalog.problems}
    known = sorted(versions.keys() | named, key=lambda name: (name != CORE, name))
    if distribution:
        known = [_known(names.normal(distribution), known)]
    click.echo("\n".join(columns([("python", platform.python_version()), (CORE, __version__), ("torch", _torch())], indent=0)))
    wrong = 0
    for name in known:
        items = [item for item in catalog.entries if item.distribution == name]
        causes = [problem.cause for problem in catalog.problems if problem.distribution == name]
        causes += [text for item in items for text in check(catalog, item)]
        wrong += bool(causes)
        title = f"{name} {versions.get(name, '')}".strip()
        click.echo(f"\n{title}: {'broken' if causes else 'ok'}; {_counts(items)}")
        for text in dict.fromkeys(causes):  # one missing module is often the cause of many
            click.echo("\n".join(columns([(text.removeprefix(f"plugin {name} is broken: "),)])))
    if wrong and (strict or ctx.ensure_object(Settings).strict):
        raise RunFailure(f"{wrong} of {len(known)} plugins broken")


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
    from zoo_core.recipe.recipe import REFERENCE
    from zoo_core.recipe.train_options import TrainOptions

    found = []
    configs: dict[str, tuple[str, type | None]] = {"train": ("train", TrainOptions)}
    for part, name in {**REFERENCE, **item.entry.parts}.items():
        try:
            provided = catalog.find(PARTS[part], name, prefer=item.distribution if part in item.entry.parts else "")
            configs[part] = (str(provided), catalog.load_config(provided))
        except ZooError as error:
            found.append(f"{item}: {error}")
    for part in (*PARTS, "train"):
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


def _known(name: str, known: list[str]) -> str:
    if name in known:
        return name
    if name in names.known():
        raise ZooError(f"{name} is not installed: pip install {name}")
    near = names.nearest(name, known)
    hint = f"did you mean {near}?" if near else f"installed are {', '.join(known)}"
    raise ZooError(f"no plugin is called {names.one_line(name, 60)}: {hint}")


def _counts(items: list[Provided]) -> str:
    kinds = Counter(item.entry.kind for item in items)
    return ", ".join(f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in kinds.items()) or "no entries"


def _torch() -> str:
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return "not installed: pip install torch"
