"""The learning test: a minute on creatures must bring the pictures of a model nearer to the data."""

from __future__ import annotations

import time

import torch
import torch.nn.functional as F
from torch import Tensor

from zoo_core.images import Images
from zoo_core.model.pixels import to_unit
from zoo_core.options import parse
from zoo_core.recipe.recipe import Recipe
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.subject import MODERATE, Subject, small
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.export import run_bundle
from zoo_train.run import Run, build

DATASET = "creatures"
SECONDS = 60
ENOUGH = 2 / 3  # of the distance at the start
EMA = "train.ema=0.9"  # an average over the thousands of iterations of a real run would hide the first ones
SAMPLES = 256
CHUNK = 20  # iterations between two looks


def distance(a: Tensor, b: Tensor) -> float:
    """Energy distance between two sets of images (N, C, H, W), seen as 8x8 pictures; 0 for equal distributions.

    Szekely and Rizzo 2013, Energy statistics, section 2, with the mean over all pairs.
    """
    x, y = (F.adaptive_avg_pool2d(images.float(), 8).flatten(1) for images in (a, b))
    return float(2 * torch.cdist(x, y).mean() - torch.cdist(x, x).mean() - torch.cdist(y, y).mean())


def learns(subject: Subject) -> None:
    """Within a minute on the dataset creatures, the distance of samples from the images falls by a third."""
    run, images = _start(subject)
    chosen = torch.from_numpy(images.pixels[:SAMPLES]).permute(0, 3, 1, 2)
    labels = torch.from_numpy(images.labels[:SAMPLES]) if images.space.labels else None

    def far() -> float:
        bundle = run_bundle(run)
        guide = bundle.guide(chosen) if run.recipe.space.guide else None
        return distance(to_unit(bundle.sample(len(chosen), labels=labels, guide=guide)), to_unit(chosen))

    first = last = far()
    data = DeviceData(images, run.recipe.train, run.recipe.seed, run.device, guide=run.recipe.data.guide)
    end = time.process_time() + SECONDS  # what others do on the machine does not count
    for step in train(run, data):
        if step.iteration % CHUNK == 0 or time.process_time() > end:
            step.read()
            last = far()
            if last <= ENOUGH * first or time.process_time() > end:
                break
    expect(last <= ENOUGH * first, f"distance {last:.3g} after {run.iteration} iterations, {first:.3g} at the start")


def _start(subject: Subject) -> tuple[Run, Images]:
    if subject.entry.kind != "model" and any(item.entry.kind == "model" for item in subject.items):
        raise NotApplicable("the models of the plugin are what must learn")
    source = subject.catalog.find("dataset", DATASET)
    config = subject.catalog.load_config(source)
    options = None if config is None else parse(config, small(config, MODERATE), str(source))
    dataset = subject.catalog.load_target(source)(options)
    first = next(iter(dataset.attributes()))
    plain = subject.recipe()
    recipe: Recipe = subject.recipe(
        sizes=MODERATE, settings=(EMA,), dataset=source.id, labels=(first,) if plain.space.labels else ()
    )
    images = dataset.load(recipe.space.size, recipe.space.channels, tuple(recipe.space.labels), recipe.data.background)
    return build(recipe, subject.catalog), images


READ = "docs/explanation/phases.md; benchmarks/zoo_testing/checks_learning.py"
CHECKS: tuple[Check, ...] = tuple(
    check
    for kind in ("model", "objective", "generator", "critic", "upsampler")
    for check in checks(f"learning_{kind}", kind, READ, learns)
)
