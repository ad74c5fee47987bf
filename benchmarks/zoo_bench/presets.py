"""Recipes that ship with the harness: files in TOML that hold options of `zoo bench` by their names."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from zoo_core.errors import ZooError

SETTINGS = f"{__name__}.settings"  # where the context of a command keeps those of its recipe
PLACES = (Path(__file__).parent / "recipes", Path(__file__).parents[1] / "recipes")  # in a wheel, in a checkout


def recipe_names() -> list[str]:
    return sorted({path.stem for place in PLACES for path in place.glob("*.toml")})


def read_recipe(name: str) -> dict[str, Any]:
    """Options by name, from a recipe of the package or a path that ends in .toml. Raises ZooError if it is not usable."""
    names = recipe_names()
    if name.endswith(".toml"):
        path = Path(name)
    elif name in names:
        path = next(place / f"{name}.toml" for place in PLACES if (place / f"{name}.toml").exists())
    else:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"recipes are {', '.join(names)}"
        raise ZooError(f"--recipe {name}: there is no such recipe; {hint}")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ZooError(f"--recipe {name} cannot be read: {error}") from None


def use_recipe(context: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """Make a recipe's values the defaults of the command, so that options which are typed win over it.

    Its settings are kept for `after_those_of_the_recipe`: one that is typed replaces one of them, not all.
    """
    if name is None:
        return None
    values = read_recipe(name)
    settings = values.pop("set", {})
    flags = {
        item.opts[-1].lstrip("-").replace("-", "_"): item for item in context.command.params if isinstance(item, click.Option)
    }
    unknown = [key for key in values if key not in flags or key == "recipe"]
    if unknown or not isinstance(settings, Mapping):
        raise ZooError(f"--recipe {name}: {', '.join(unknown) or 'set'} is not an option of zoo bench; type zoo bench --help")
    defaults = {str(flags[key].name): value for key, value in values.items()}
    context.default_map = {**(context.default_map or {}), **defaults}
    context.meta[SETTINGS] = tuple(f"{key}={typed(value)}" for key, value in settings.items())
    return name


def after_those_of_the_recipe(context: click.Context, parameter: click.Parameter, settings: tuple[str, ...]) -> tuple[str, ...]:
    """The settings that are typed behind those of the recipe: of two values of one option the last counts."""
    return (*context.meta.get(SETTINGS, ()), *settings)


def typed(value: Any) -> str:
    """A value of an option as it is typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
