"""The images that a published model was scored on, of a recipe that anybody may have written.

A recipe can name a folder of this machine, a repository to download or a million pictures to draw. Without the user's word,
--dataset, only what is small is done: a dataset that reads no path, with options near their defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zoo_bench.data.load import load_images
from zoo_bench.records.source import RECIPE
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.options import describe, to_json
from zoo_core.recipe.recipe import Data, Recipe
from zoo_core.registry.catalog import Catalog
from zoo_core.registry.names import one_line

MOST = 10  # times its default is what a number may be without the user's word


def scored_images(ref: str, recipe: Recipe, sha256: str, catalog: Catalog, dataset: str | None, own: bool) -> Images:
    """Load them. Raises ZooError, with what to type, if they are not here, are others, or need the user's word.

    sha256   of the images that it was scored on.
    dataset  the user's word: "name" or "name:path"; None where nothing was said.
    own      whether the recipe is one of this machine's runs, whose options the user has typed before.
    """
    _check_data(ref, recipe.data)
    id, (name, _, path) = catalog.current("dataset", recipe.data.id), (dataset or "").partition(":")
    if dataset is not None and catalog.find("dataset", name).id != id:
        raise ZooError(f"--dataset {dataset}: {ref} was scored on {id}; type --dataset with a path of it")
    chosen = catalog.options("dataset", id, recipe.data.options)
    config, options = chosen and type(chosen), to_json(chosen) if chosen else {}
    short = id.partition("/")[2]
    here = f"{short}:PATH" if "path" in options else short
    if not own and dataset is None:
        for asked in _beyond(config, options):
            raise ZooError(f"{ref} asks for {asked} of {id}, which is done on your word alone; type --dataset {here}")
    if "path" in options and (path or not own):
        options["path"] = path
    try:
        images = load_images(recipe.with_dataset(options), catalog)
    except ZooError as error:
        raise ZooError(f"the images of {ref} ({id}) are not here: {error}; type --dataset {here}") from None
    if images.sha256 != sha256:
        raise ZooError(f"the images here are not those that {ref} was scored on (their hash differs); type --dataset {here}")
    return images


def _beyond(config: type | None, options: Mapping[str, Any]) -> Iterator[str]:
    """What of the options is not small, as "name=value"."""
    for item in describe(config) if config else ():
        value, default = options[item.name], item.default
        near = isinstance(value, int | float) and isinstance(default, int | float) and 0 <= value <= MOST * default
        if item.name == "path" or not (value == default or item.bounds.choices or isinstance(value, bool) or near):
            yield f"{item.name}={one_line(str(value), 60)}"


def _check_data(ref: str, data: Data) -> None:
    """Raises ZooError for values of other types than `plan` writes."""
    good = (
        isinstance(data.id, str)
        and isinstance(data.options, Mapping)
        and all(isinstance(name, str) for name in data.labels)
        and len(data.background) == 3
        and all(type(value) is int and 0 <= value <= 255 for value in data.background)
        and type(data.overfit) is int
    )
    if not good:
        raise ZooError(f"{RECIPE} of {ref} does not say which images the model was trained on; publish it again")
