"""`zoo plugins`, `zoo install` and `zoo uninstall`: pip of the environment that zoo itself runs in."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import click

from zoo_core.cli.interpreter import python, variables
from zoo_core.cli.listing import columns
from zoo_core.errors import RunFailure, ZooError
from zoo_core.registry import names
from zoo_core.registry.catalog import discover
from zoo_core.registry.installed import CORE, Plugin, installed

# A name with extras and a version ("Dependency specifiers" in the packaging specifications), without URLs and markers.
REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._, -]*\])?"
    r"(?:\s*(?:[<>=!~]=|[<>]|===)\s*[A-Za-z0-9.*+!_-]+(?:\s*,\s*(?:[<>=!~]=|[<>])\s*[A-Za-z0-9.*+!_-]+)*)?",
    re.ASCII,
)


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list with one object per plugin.")
def plugins_command(as_json: bool) -> None:
    """List the installed plugins, what they provide and what is wrong with them."""
    catalog = discover()
    causes: dict[str, list[str]] = {}
    for problem in catalog.problems:
        causes.setdefault(problem.distribution, []).append(problem.cause)
    rows = []
    for plugin in catalog.plugins:
        kinds = Counter(item.entry.kind for item in catalog.entries if item.distribution == plugin.distribution)
        rows.append((plugin, kinds, causes.get(plugin.distribution, [])))
    if as_json:
        import json

        found = [
            {
                "distribution": plugin.distribution,
                "version": plugin.version,
                "groups": sorted({point.group for point in plugin.points}),
                "provides": dict(kinds),
                "problems": problems,
            }
            for plugin, kinds, problems in rows
        ]
        click.echo(json.dumps(found, indent=2))
        return
    lines = []
    for plugin, kinds, problems in rows:
        provides = ", ".join(f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in kinds.items())
        lines.append((plugin.distribution, plugin.version, "; ".join([*filter(None, [provides]), *problems])))
    click.echo("\n".join(columns(lines, indent=0)))


@click.command("install")
@click.argument("packages", metavar="NAME...", nargs=-1, required=True)
@click.option("-U", "--upgrade", is_flag=True, help="Take the newest version even if one is installed.")
@click.option("-e", "--editable", is_flag=True, help="Install folders so that changes of their code take effect.")
@click.option("--find-links", type=click.Path(exists=True), metavar="FOLDER", help="Look for wheels in this folder, too.")
@click.option("--no-index", is_flag=True, help="Ask no package index.")
def install_command(packages: tuple[str, ...], upgrade: bool, editable: bool, find_links: str | None, no_index: bool) -> None:
    """Install plugins with pip: a NAME, with a version if you like, a folder or a wheel.

    \b
    zoo install acme-gans
    zoo install "acme-gans>=0.2"
    zoo install -e ./acme-gans
    """
    wanted = [_requirement(text, editable) for text in packages]
    before = _plugins()
    arguments = ["install"]
    arguments += ["--upgrade"] if upgrade else []
    arguments += ["--find-links", str(Path(find_links).resolve())] if find_links else []
    arguments += ["--no-index"] if no_index else []
    for text in wanted:
        arguments += ["--editable", text] if editable else [text]
    _pip(arguments, f"install {' '.join(packages)}")
    importlib.invalidate_caches()
    after = _plugins()
    new = [plugin for name, plugin in after.items() if name not in before or before[name].version != plugin.version]
    for plugin in new:
        click.echo(f"plugin {plugin.distribution} {plugin.version}; zoo check {plugin.distribution} says whether it works")
    if not new and not editable:
        click.echo("no plugin was added or changed; zoo plugins lists those there are")


@click.command("uninstall")
@click.argument("packages", metavar="NAME...", nargs=-1, required=True)
def uninstall_command(packages: tuple[str, ...]) -> None:
    """Remove plugins with pip. What is no plugin, and zoo-core itself, is left alone."""
    known = _plugins()
    for text in packages:
        name = names.normal(text)
        if name == CORE:
            raise ZooError(f"{CORE} is zoo itself; type pip uninstall {CORE}")
        if name not in known:
            near = names.nearest(name, known.keys() - {CORE})
            hint = f"did you mean {near}?" if near else "zoo plugins lists those there are"
            raise ZooError(f"no plugin {names.one_line(text, 60)} is installed; {hint}")
    _pip(["uninstall", "--yes", *(names.normal(text) for text in packages)], f"uninstall {' '.join(packages)}")


def _plugins() -> dict[str, Plugin]:
    return {plugin.distribution: plugin for plugin in installed()}


def _requirement(text: str, editable: bool = False) -> str:
    """What pip is given. Raises ZooError for anything but a requirement, a folder with a project or a wheel: no pip options."""
    if text.startswith("-") or not text.strip():
        shown = names.one_line(text, 60) or "nothing"
        raise ZooError(f"{shown} is no name of a package; for other options of pip, type pip install --help")
    path = Path(text)
    if editable and not path.is_dir():
        raise ZooError(f"-e {names.one_line(text, 90)}: only a folder can be installed so; leave -e out")
    if editable or path.suffix == ".whl" or os.sep in text or "/" in text or text in (".", ".."):
        if not path.exists():
            raise ZooError(
                f"{names.one_line(text, 90)} does not exist; type the path of a folder or wheel, or a package's name"
            )
        if path.is_dir() and not (path / "pyproject.toml").exists():
            raise ZooError(f"{text} holds no pyproject.toml; zoo new plugin NAME --kind KIND writes a plugin")
        return str(path.resolve())  # absolute, so that it can be no option
    if not REQUIREMENT.fullmatch(text):
        raise ZooError(
            f"{names.one_line(text, 60)} is no name of a package; type a name such as acme-gans, a folder or a wheel"
        )
    return text


def _pip(arguments: list[str], what: str) -> None:
    """Run pip of this interpreter. Raises ZooError if there is none, RunFailure if it fails."""
    if importlib.util.find_spec("pip") is None:
        raise ZooError(f"this environment has no pip; type uv pip {what} --python {sys.executable}")
    sys.stdout.flush()
    command = python("-m", "pip", "--disable-pip-version-check", *arguments)
    done = subprocess.run(command, env=variables(), check=False)
    if done.returncode:
        raise RunFailure(f"pip could not {what}: exit code {done.returncode}, its message is above")
