"""`zoo doctor`: import everything that plugins provide and say what is wrong with it."""

from __future__ import annotations

import importlib.metadata
import platform
from collections import Counter

import click

from zoo_core import __version__
from zoo_core.cli import Settings
from zoo_core.cli.listing import columns
from zoo_core.errors import RunFailure, ZooError
from zoo_core.registry import names
from zoo_core.registry.catalog import Provided, discover
from zoo_core.registry.installed import CORE
from zoo_testing.soundness import check


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
