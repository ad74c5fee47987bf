"""Small runs for tests: tiny networks on tiny random images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo_core.recipe.recipe import Budget, Recipe
from zoo_core.registry.catalog import Catalog, discover
from zoo_testing.noise import noise_images as random_images
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.plan import plan
from zoo_train.run import Run, build

__all__ = ["TINY", "random_images", "tiny_recipe", "trained"]

TINY = ("generator.width=2", "critic.width=4", "generator.max_width=8", "critic.max_width=8", "latent=6", "train.batch=4")


def tiny_recipe(model: str = "wgan_gp", settings: Sequence[str] = (), **given: Any) -> Recipe:
    """A recipe on creatures (needs zoo-bench) with networks of a few hundred weights. `given` goes to `plan`."""
    arguments: dict[str, Any] = {"dataset": "creatures", "size": 16, "budget": Budget(steps=2)} | given
    return plan(discover(), model=model, settings=(*TINY, *settings), **arguments)


def trained(
    recipe: Recipe, iterations: int, run: Run | None = None, *, catalog: Catalog | None = None, images_seed: int = 0
) -> Run:
    """The run after that many iterations in all, on random images. Raises RunFailure for a term that is not finite."""
    run = run or build(recipe, catalog or discover())
    run.total = iterations
    images = random_images(recipe.space, seed=images_seed)
    data = DeviceData(images, recipe.train, recipe.seed, run.device, guide=recipe.data.guide)
    for step in train(run, data):
        step.read()
    return run
