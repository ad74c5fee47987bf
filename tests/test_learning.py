"""Every model learns: in a few iterations on 32 px creatures its samples come nearer to them, by KID on `sprites`.

With narrow networks this says that data, losses, phases and optimizers pull the right way, not how good a model gets: a
generator that has found one dull colour gets to about 0.7 of its first KID, one that has found shapes far below.
"""

from __future__ import annotations

from functools import cache

import pytest

from zoo_core.registry.catalog import discover
from zoo_testing.subject import Subject
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.export import run_bundle
from zoo_train.run import Run, build

SIZES = {"width": 8, "max_width": 64, "hidden": 64, "embedding": 8, "latent": 16, "code": 16, "batch": 16}
SETTINGS = (
    "dataset.count=256",
    "train.ema=0.9",  # a longer average would show the networks of the first iterations
)
SAMPLES = 200
OTHERS = (200, 0.9)  # for a model without a row here
LEARNS = {  # model -> iterations, the most that is left of the untrained KID (what was left when this was written)
    "aae": (150, 0.75),  # 0.55
    "aae_kiss": (40, 0.45),  # 0.27
    "acgan": (60, 0.65),  # 0.57
    "acgan_wgan_gp": (25, 0.45),  # 0.25
    "aegan": (25, 0.75),  # 0.64
    "cgan": (40, 0.3),  # 0.16
    "cgan_kiss": (25, 0.5),  # 0.27
    "creatures": (40, 0.8),  # 0.66
    "dcgan": (80, 0.65),  # 0.53
    "dragan": (80, 0.5),  # 0.37
    "ebgan": (40, 0.75),  # 0.59
    "gan": (40, 0.6),  # 0.38
    "gan_kiss": (40, 0.65),  # 0.46
    "lsgan": (60, 0.65),  # 0.48
    "r1gan": (80, 0.65),  # 0.42
    "ragan": (40, 0.6),  # 0.42
    "sngan": (25, 0.75),  # 0.57
    "vae": (450, 0.85),  # 0.70
    "vae_kiss": (150, 0.5),  # 0.33
    "wgan_clip": (15, 0.5),  # 0.32
    "wgan_clip_2017": (25, 0.6),  # 0.51
    "wgan_gp": (40, 0.45),  # 0.29
    "wgan_gp_2017": (15, 0.65),  # 0.53
    "wgan_gp_chen": (40, 0.75),  # 0.70
    "wgan_kiss": (15, 0.6),  # 0.42
    "xiang_gan": (40, 0.75),  # 0.69
    "xiang_wgan": (40, 0.75),  # 0.68
}


OWN = {  # settings of models that would need minutes
    "r1gan": ("train.lr=1e-3",),
    "vae": ("objective.beta=1",),  # at 0.1, codes soon lie far outside of the prior that samples are drawn from
}


@cache
def features():
    """The extractor with what it has seen: the real images are looked at once for all models."""
    from zoo_bench.evaluation.extractors import open_extractor
    from zoo_bench.evaluation.sets import Features

    return Features(open_extractor("sprites"))


def kid(run: Run, images) -> float:
    from zoo_bench.evaluation import fidelity
    from zoo_bench.evaluation.sets import Sets, Side
    from zoo_bench.samples.drawn import generate

    train_set = ~images.held_out
    fakes, labels = generate(run_bundle(run), images, SAMPLES)
    real = Side(images.pixels[train_set], images.labels[train_set], features())
    return fidelity.kid(Sets(real, Side(fakes, labels, features())))["kid"].value


@pytest.mark.parametrize("item", [i for i in discover().of("model") if i.distribution.startswith("zoo-")], ids=lambda i: i.id)
def test_a_model_beats_its_untrained_self(item):
    from zoo_bench.data.load import load_images

    catalog = discover()
    needed = {part.partition("/")[0] for part in item.entry.parts.values()}
    if missing := needed - {plugin.distribution for plugin in catalog.plugins}:
        pytest.skip(f"it needs {', '.join(sorted(missing))}")
    labels = ("type",) if "labels" in item.entry.needs else ()
    settings = (*SETTINGS, *OWN.get(item.entry.name, ()))
    recipe = Subject(catalog, item.distribution, item).recipe(
        sizes=SIZES, dataset="zoo-creatures/creatures", size=32, settings=settings, labels=labels
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
