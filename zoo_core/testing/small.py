"""Small runs for tests: tiny networks on tiny random images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_core.build import Run, build
from zoo_core.catalog import discover
from zoo_core.images import Images
from zoo_core.recipe import Budget, Recipe, plan
from zoo_core.space import Space
from zoo_core.train.data import DeviceData
from zoo_core.train.engine import train

TINY = ("generator.width=2", "critic.width=4", "generator.max_width=8", "critic.max_width=8", "latent=6", "train.batch=4")


def tiny_recipe(model: str = "wgan_gp", settings: Sequence[str] = (), **given: Any) -> Recipe:
    """A recipe on creatures (needs zoo-bench) with networks of a few hundred weights. `given` goes to `plan`."""
    arguments: dict[str, Any] = {"dataset": "creatures", "size": 16, "budget": Budget(steps=2)} | given
    return plan(discover(), model=model, settings=(*TINY, *settings), **arguments)


def random_images(space: Space, n: int = 20, seed: int = 0) -> Images:
    """Noise with labels in range; every tenth image is held out."""
    draw = np.random.default_rng(seed)
    pixels = draw.integers(0, 256, (n, space.size, space.size, space.channels), dtype=np.uint8)
    columns = [draw.integers(0, count, n) for count in space.classes]
    labels = np.stack(columns, 1).astype(np.int64) if columns else np.zeros((n, 0), np.int64)
    return Images(space, pixels, labels, np.arange(n) % 10 == 9, tuple(map(str, range(n))))


def trained(recipe: Recipe, iterations: int, run: Run | None = None) -> Run:
    """The run after that many iterations in all."""
    run = run or build(recipe, discover())
    run.total = iterations
    data = DeviceData(random_images(recipe.space), recipe.train, recipe.seed, run.device, guide=recipe.data.guide)
    for step in train(run, data):
        step.read()
    return run
