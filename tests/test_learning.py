"""Every model learns: after a few iterations its samples are nearer to creatures, by KID on `sprites`, than untrained ones.

At 16 px with narrow networks this says that data, losses, phases and optimizers pull the right way, not how good a model gets:
a generator that has found the colour of the ground alone gets to about 0.65 of its first KID, one that has found shapes below.
"""

from __future__ import annotations

from functools import cache

import pytest

from zoo_core.build import Run, build
from zoo_core.bundle import run_bundle
from zoo_core.catalog import discover
from zoo_core.testing.subject import Subject
from zoo_core.train.data import DeviceData
from zoo_core.train.engine import train

SIZES = {"width": 8, "max_width": 64, "hidden": 64, "embedding": 8, "latent": 16, "code": 16, "batch": 16}
SETTINGS = (
    "dataset.count=256",
    "train.ema=0.9",  # a longer average would show the networks of the first iterations
)
SAMPLES = 200
OTHERS = (200, 0.9)  # for a model without a row here
LEARNS = {  # model -> iterations, the most that is left of the untrained KID (seconds of one core)
    "aae": (50, 0.85),  # 0.6; its untrained pictures have contrast, so they begin at a fifth of the others' KID
    "aae_kiss": (25, 0.5),  # 0.5
    "acgan": (100, 0.65),  # 1.7
    "acgan_wgan_gp": (25, 0.5),  # 1.3
    "aegan": (25, 0.75),  # 2.6
    "cgan": (50, 0.3),  # 1.1
    "cgan_kiss": (50, 0.5),  # 1.1
    "dcgan": (100, 0.65),  # 1.3
    "dragan": (50, 0.5),  # 0.7
    "ebgan": (100, 0.75),  # 2.3
    "gan": (50, 0.6),  # 0.6
    "gan_kiss": (75, 0.65),  # 0.8
    "lsgan": (75, 0.65),  # 0.9
    "r1gan": (300, 0.9),  # 4.2; begins low, as aae
    "ragan": (50, 0.65),  # 0.7
    "sngan": (50, 0.75),  # 1.9
    "vae": (600, 0.85),  # 3.7; begins low, and rises first
    "vae_kiss": (25, 0.6),  # 0.2
    "wgan_clip": (25, 0.6),  # 0.7
    "wgan_clip_2017": (25, 0.6),  # 0.7
    "wgan_gp": (50, 0.45),  # 0.6
    "wgan_gp_2017": (50, 0.65),  # 2.4
    "wgan_gp_chen": (25, 0.75),  # 1.5
    "wgan_kiss": (25, 0.7),  # 0.7
    "xiang_gan": (25, 0.75),  # 0.2
    "xiang_wgan": (25, 0.75),  # 0.7
}


@cache
def features():
    """The extractor with what it has seen: the real images are looked at once for all models."""
    from zoo_bench.evaluation.extractors import open_extractor
    from zoo_bench.evaluation.sets import Features

    return Features(open_extractor("sprites")[0])


def kid(run: Run, images) -> float:
    from zoo_bench.evaluation import fidelity
    from zoo_bench.evaluation.sets import Sets, Side
    from zoo_bench.training import generate

    train_set = ~images.held_out
    fakes, labels = generate(run_bundle(run), images, SAMPLES)
    real = Side(images.pixels[train_set], images.labels[train_set], features())
    return fidelity.kid(Sets(real, Side(fakes, labels, features())))["kid"].value


@pytest.mark.parametrize("item", [i for i in discover().of("model") if i.distribution.startswith("zoo-")], ids=lambda i: i.id)
def test_a_model_beats_its_untrained_self(item):
    from zoo_bench.command import load_images

    catalog = discover()
    needed = {part.partition("/")[0] for part in item.entry.parts.values()}
    if missing := needed - {plugin.distribution for plugin in catalog.plugins}:
        pytest.skip(f"it needs {', '.join(sorted(missing))}")
    labels = ("type",) if "labels" in item.entry.needs else ()
    recipe = Subject(catalog, item.distribution, item).recipe(
        sizes=SIZES, dataset="zoo-bench/creatures", size=16, settings=SETTINGS, labels=labels
    )
    run, images = build(recipe, catalog), load_images(recipe, catalog)
    data = DeviceData(images, recipe.train, recipe.seed, run.device, recipe.data.background, recipe.data.guide)
    untrained = kid(run, images)
    iterations, most = LEARNS.get(item.entry.name, OTHERS)
    for step in train(run, data):  # the run's length is unknown to it, so its learning rate is constant
        if step.iteration == iterations:
            step.read()
            break
    assert kid(run, images) <= most * untrained
