"""Decode the images that a recipe names."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from zoo_bench.data.border import checked
from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog

if TYPE_CHECKING:
    from zoo_core.images import Dataset, Images

import numpy as np

from zoo_core.images import Dataset, Images


def first_images(images: Images, n: int) -> Images:
    """The first n training images alone, with different labels if there are labels. Raises ZooError if there are too few."""
    keep: list[int] = []
    for index in np.flatnonzero(~images.held_out):
        row = images.labels[index]
        if len(row) == 0 or not any((images.labels[other] == row).all() for other in keep):
            keep.append(int(index))
        if len(keep) == n:
            break
    if len(keep) < n:
        raise ZooError(
            f"--overfit {n}: the dataset has only {len(keep)} images with different labels; type --overfit {len(keep)}"
        )
    return dataclasses.replace(
        images,
        pixels=images.pixels[keep],
        labels=images.labels[keep],
        held_out=np.zeros(n, np.bool_),
        names=tuple(images.names[index] for index in keep),
    )


def load_images(recipe: Recipe, catalog: Catalog) -> Images:
    """Decode the images that a recipe names."""
    space, data = recipe.space, recipe.data
    dataset: Dataset = catalog.make("dataset", data.id, data.options)
    loaded = dataset.load(space.size, space.channels, data.labels, data.background)
    images = checked(loaded, data.id, space.size, space.channels, data.labels)
    return first_images(images, data.overfit) if data.overfit else images
