"""Begin a run, or go on with one: threads, images on the device, networks and the last checkpoint."""

from __future__ import annotations

import dataclasses
import os

import torch

from zoo_bench.progress import TrainingProgress
from zoo_bench.records.folder import RunFolder
from zoo_bench.run.hardware import hardware, versions
from zoo_bench.run.init import initialise
from zoo_bench.run.resume import differences
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog
from zoo_train.checkpoint import checkpoints, load_newest
from zoo_train.data import DeviceData
from zoo_train.precision import choose_precision
from zoo_train.run import Run, build
from zoo_train.world import ALONE, World


def set_threads(recipe: Recipe) -> None:
    """Those of the recipe, or this process's part of the cores."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # processes that torchrun has started on this machine
    torch.set_num_threads(recipe.threads or max(1, (os.cpu_count() or 1) // here))


def started(
    recipe: Recipe, folder: RunFolder, images: Images, catalog: Catalog, world: World = ALONE
) -> tuple[Run, DeviceData]:
    """A new run, its recipe completed with what only this machine and these images tell, and written down."""
    distributions = {name.partition("/")[0] for name in [recipe.model, recipe.data.id, *recipe.parts.values()]}
    run = build(
        dataclasses.replace(
            recipe,
            versions=versions({"zoo-core", "zoo-bench"} | distributions),
            hardware=hardware() | {"devices": world.size},
            dataset_sha256=images.sha256,
        ),
        catalog,
    )
    initialise(run, catalog)
    data = device_data(run, images, world)
    run.recipe = dataclasses.replace(run.recipe, precision=choose_precision(run, data))
    folder.save_recipe(run.recipe)
    folder.samples.mkdir(exist_ok=True)
    return run, data


def resumed(
    recipe: Recipe, folder: RunFolder, images: Images, catalog: Catalog, progress: TrainingProgress, world: World = ALONE
) -> tuple[Run, DeviceData]:
    """A run at its newest intact checkpoint, or at its start. Raises ZooError if the images are not the same any more."""
    if images.sha256 != recipe.dataset_sha256:
        raise ZooError(f"the images of {recipe.data.id} are not those that {folder.path} was started with; start a new run")
    before = folder.load_recipe()
    run = build(recipe, catalog)
    path, warnings = load_newest(run, folder.checkpoints)
    if path is None and recipe != before and checkpoints(folder.checkpoints):
        raise ZooError(f"{folder.path} cannot go on with these options ({warnings[-1]}); start a new run")
    warnings += differences(recipe, versions(set(recipe.versions) - {"python"}), hardware() | {"devices": world.size})
    if recipe.budget != before.budget:
        run.total = None
    if path is None:
        initialise(run, catalog)
    for warning in warnings:
        progress.say(f"warning: {warning}")
    if path is None and folder.report.exists():
        raise ZooError(
            f"{folder.path} is finished and its checkpoints are gone; to train again, type {recipe.command} --overwrite"
        )
    progress.say(f"resuming at iteration {run.iteration}" if path else "no checkpoint: starting again")
    folder.forget_after(run.iteration)
    data = device_data(run, images, world)
    if not recipe.precision:
        run.recipe = dataclasses.replace(recipe, precision=choose_precision(run, data))
    if run.recipe != before:
        folder.save_recipe(run.recipe)
    return run, data


def device_data(run: Run, images: Images, world: World = ALONE) -> DeviceData:
    """What the run trains on: its recipe's share of the images, and this process's share of every batch."""
    recipe = run.recipe
    return DeviceData(images, recipe.train, recipe.seed, run.device, recipe.data.background, recipe.data.guide, world)
