"""Begin a run, or go on with one: threads, images on the device, networks and the last checkpoint."""

from __future__ import annotations

import os

import torch

from zoo_bench.progress import TrainingProgress
from zoo_bench.records.folder import RunFolder
from zoo_bench.records.provenance import Provenance
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
from zoo_train.run import Run
from zoo_train.world import ALONE, World


def set_threads(recipe: Recipe) -> None:
    """Those of the recipe, or this process's part of the cores."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # processes that torchrun has started on this machine
    torch.set_num_threads(recipe.threads or max(1, (os.cpu_count() or 1) // here))


def started(
    run: Run, provenance: Provenance, folder: RunFolder, images: Images, world: World = ALONE
) -> tuple[DeviceData, Provenance]:
    """Begin a run: its provenance is completed with what only this machine and these images tell, and written down."""
    recipe = run.recipe
    distributions = {name.partition("/")[0] for name in [recipe.model, recipe.data.id, *recipe.parts.values()]}
    here = versions({"zoo-core", "zoo-bench"} | distributions), hardware() | {"devices": world.size}
    data = device_data(run, images, world)
    run.images_sha256, run.precision = images.sha256, choose_precision(run, data)
    provenance = provenance.started(*here, images.sha256).in_precision(run.precision)
    folder.save_recipe(recipe, provenance)
    folder.samples.mkdir(exist_ok=True)
    return data, provenance


def resumed(
    run: Run,
    provenance: Provenance,
    folder: RunFolder,
    images: Images,
    catalog: Catalog,
    progress: TrainingProgress,
    world: World = ALONE,
) -> tuple[DeviceData, Provenance]:
    """Put a run to its newest intact checkpoint, or leave it at its start.

    Raises ZooError if the images are not the same any more.
    """
    recipe = run.recipe
    if images.sha256 != provenance.dataset_sha256:
        raise ZooError(f"the images of {recipe.data.id} are not those that {folder.path} was started with; start a new run")
    run.images_sha256 = images.sha256
    before = folder.load_recipe()
    path, warnings = load_newest(run, folder.checkpoints)
    if path is None and recipe != before and checkpoints(folder.checkpoints):
        raise ZooError(f"{folder.path} cannot go on with these options ({warnings[-1]}); start a new run")
    here = versions(set(provenance.versions) - {"python"}), hardware() | {"devices": world.size}
    warnings += differences(provenance, *here)
    if recipe.budget != before.budget:
        run.total = None
    if path is None:
        initialise(run, provenance.init_from, catalog)
    for warning in warnings:
        progress.say(f"warning: {warning}")
    if path is None and folder.report.exists():
        raise ZooError(
            f"{folder.path} is finished and its checkpoints are gone; to train again, type {provenance.command} --overwrite"
        )
    progress.say(f"resuming at iteration {run.iteration}" if path else "no checkpoint: starting again")
    folder.forget_after(run.iteration)
    data = device_data(run, images, world)
    run.precision = provenance.precision or choose_precision(run, data)
    provenance = provenance.in_precision(run.precision)
    if (recipe, provenance) != (before, folder.load_provenance()):
        folder.save_recipe(recipe, provenance)
    return data, provenance


def device_data(run: Run, images: Images, world: World = ALONE) -> DeviceData:
    """What the run trains on: its recipe's share of the images, and this process's share of every batch."""
    recipe = run.recipe
    return DeviceData(images, recipe.train, recipe.seed, run.device, recipe.data.background, recipe.data.guide, world)
