"""`zoo new plugin`: a complete distribution with one working component."""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
import shlex
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template

import click

from zoo_core import __version__
from zoo_core.errors import RunFailure, ZooError
from zoo_core.registry import names
from zoo_core.registry.catalog import discover
from zoo_core.registry.installed import CORE

SUMMARIES = {
    "objective": "least-squares GAN, to be replaced",
    "generator": "a dense layer, then stages of one width, to be replaced",
    "critic": "halving convolutions of one width, to be replaced",
    "upsampler": "bicubic doubling, then a convolution that the latent scales, to be replaced",
    "dataset": "drawn discs and boxes, to be replaced",
    "metric": "distance between the colours of real and generated images, to be replaced",
    "executor": "child processes, to be replaced",
    "observer": "a table of the losses in the run folder, to be replaced",
    "command": "print the papers behind what is installed, to be replaced",
    "model": "hinge GAN with spectral norm and two critic steps, to be replaced",
}
WITHOUT_OPTIONS = ("metric", "executor", "observer", "command", "model")
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)  # "Names and normalization", packaging specifications


@click.group("new")
def new_command() -> None:
    """Write the skeleton of something new."""


@new_command.command("plugin")
@click.argument("name")
@click.option("--kind", type=click.Choice(list(SUMMARIES)), help="What it provides first; more can be added by hand.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to write it. The default: ./NAME.")
def plugin_command(name: str, kind: str | None, out: Path | None) -> None:
    """Write a plugin NAME: a package that works, to change into your own.

    \b
    zoo new plugin acme-gans --kind objective
    """
    distribution = check_name(name)
    if kind is None:
        if not sys.stdin.isatty():
            raise ZooError(f"--kind is missing; type zoo new plugin {distribution} --kind {'|'.join(SUMMARIES)}")
        kind = click.prompt("What does it provide", type=click.Choice(list(SUMMARIES)))
    folder = out or Path(distribution)
    taken = [item.distribution for item in discover().of(kind) if item.entry.name == entry_name(distribution, kind)]
    if taken and taken[0] != distribution:
        raise ZooError(f"{taken[0]} already provides the {kind} {entry_name(distribution, kind)}; choose another name")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ZooError(f"{folder} exists; type --out FOLDER for another place, or remove it")
    files = plugin_files(distribution, kind)
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunFailure(f"cannot write {folder}: {error.strerror}") from error
    place = str(folder) if folder.is_absolute() else os.path.join(".", folder)
    click.echo(f"{len(files)} files in {folder}; the {kind} is in {component(distribution, kind)}\n\nnext:")
    click.echo(
        f"  zoo install -e {shlex.quote(place)}\n  zoo check {distribution}\n  {use(entry_name(distribution, kind), kind)}"
    )


def plugin_files(distribution: str, kind: str) -> dict[str, str]:
    """Path inside the folder -> text, for a distribution whose name `check_name` has passed."""
    package, entry = distribution.replace("-", "_"), entry_name(distribution, kind)
    function = kind in ("metric", "command")  # named like functions; the others are classes
    values = {
        "distribution": distribution,
        "package": package,
        "entry": entry,
        "kind": kind,
        "article": names.article(kind).split()[0].capitalize(),
        "name": package if function else "".join(word.capitalize() for word in package.split("_")),
        "summary": SUMMARIES[kind],
        "core": ".".join(__version__.split(".")[:2]),
        "use": use(entry, kind),
    }
    options = "" if kind in WITHOUT_OPTIONS else f'\n            config="{package}.options:{values["name"]}Options",'
    values["config"] = options
    entries = "entries_model.py" if kind == "model" else "entries.py"
    files = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "LICENSE": "LICENSE",
        ".gitignore": "gitignore",
        ".github/workflows/test.yml": "ci.yml",
        f"{package}/__init__.py": "init.py",
        f"{package}/py.typed": "",
        f"{package}/entries.py": entries,
        f"tests/test_{package}.py": "test.py",
    }
    if kind not in WITHOUT_OPTIONS:
        files[f"{package}/options.py"] = f"options_{kind}.py"
    if kind != "model":
        files[f"{package}/{kind}.py"] = f"{kind}.py"
    return {path: _filled(template, values) if template else "" for path, template in sorted(files.items())}


def check_name(name: str) -> str:
    """The name as package indexes compare it. Raises ZooError for a name that cannot be installed, imported or told apart."""
    shown = names.one_line(name, 60)
    if not NAME.fullmatch(name):
        raise ZooError(f"{shown or 'nothing'} is no name of a package: letters, digits and - make one, for example acme-gans")
    distribution = names.normal(name)
    if name != distribution:
        raise ZooError(f"{shown} is written {distribution} by package indexes; type zoo new plugin {distribution}")
    package = distribution.replace("-", "_")
    if not package.isidentifier():
        raise ZooError(f"{shown} begins with a digit, so Python cannot import it; type zoo new plugin zoo-{distribution}")
    if distribution == CORE or distribution in names.known():
        raise ZooError(f"{shown} is a package of zoo itself; choose another name, for example my-{distribution}")
    if keyword.iskeyword(package) or keyword.issoftkeyword(package) or package in sys.stdlib_module_names:
        raise ZooError(f"{shown} is a word or module of Python; type zoo new plugin zoo-{distribution}")
    if distribution in {plugin.distribution for plugin in discover().plugins}:
        raise ZooError(f"a plugin {distribution} is installed already; choose another name, or zoo uninstall {distribution}")
    if importlib.util.find_spec(package) is not None:
        raise ZooError(f"a package {package} is installed already; choose another name, for example zoo-{distribution}")
    return distribution


def entry_name(distribution: str, kind: str) -> str:
    """What users type for the component: commands are typed, so with hyphens."""
    return distribution if kind == "command" else distribution.replace("-", "_")


def component(distribution: str, kind: str) -> str:
    """The file to change first."""
    package = distribution.replace("-", "_")
    return f"{package}{os.sep}{'entries' if kind == 'model' else kind}.py"


def use(entry: str, kind: str) -> str:
    """The line that uses the component."""
    if kind == "command":
        return f"zoo {entry} --help"
    if kind == "metric":
        return "zoo list metric"
    if kind == "executor":
        return f"zoo bench --engine {entry}"
    if kind == "observer":
        return f"zoo bench --log {entry}"
    return f"zoo bench --{kind} {entry}"


def _filled(template: str, values: Mapping[str, str]) -> str:
    text = resources.files("zoo_testing").joinpath("templates", f"{template}.tmpl").read_text(encoding="utf-8")
    return text if template == "LICENSE" else Template(text).substitute(values)
