"""Every model with every upsampler, at sizes that are and are not powers of two, with and without labels."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from zoo_core.errors import ZooError
from zoo_core.model.build import build_generator
from zoo_core.model.bundle import load_bundle, save_bundle
from zoo_core.recipe.recipe import REFERENCE
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import tiny_recipe, trained
from zoo_train.export import run_bundle

CATALOG = discover()
UPSAMPLERS = [item.id for item in CATALOG.of("upsampler")]


@cache
def upsamples(generator: str) -> bool:
    """Whether a generator uses the upsampler that it is given: then two upsamplers give it other weights."""
    names = []
    for upsampler in ("zoo-core/transposed", "zoo-core/pixelshuffle"):
        with torch.device("meta"):
            net = build_generator({"generator": generator, "upsampler": upsampler}, {}, Space(64, guide=1), 8, CATALOG)
        names.append([(name, tuple(value.shape)) for name, value in net.named_parameters()])
    return names[0] != names[1]


def combinations():
    for item in CATALOG.of("model"):
        generator = CATALOG.find("generator", item.entry.parts.get("generator", REFERENCE["generator"]), item.distribution).id
        for upsampler in UPSAMPLERS if upsamples(generator) else UPSAMPLERS[:1]:
            yield item.id, upsampler


@pytest.mark.parametrize("labels", [(), ("type", "body")], ids=["plain", "labels"])
@pytest.mark.parametrize("size", [16, 48, 64])
@pytest.mark.parametrize(("model", "upsampler"), list(combinations()))
def test_trains_and_reloads(model, upsampler, size, labels, tmp_path):
    guide = "edges" if "guide" in CATALOG.find("model", model).entry.needs else "none"
    try:
        recipe = tiny_recipe(model, size=size, labels=labels, parts={"upsampler": upsampler}, guide=guide)
    except ZooError as error:
        # The model says that it does not claim this combination, or that its objective is in a plugin which is not here.
        assert " needs " in str(error) or "pip install zoo-" in str(error)
        return
    run = trained(recipe, 2)
    save_bundle(run_bundle(run), tmp_path)
    samples = load_bundle(tmp_path, CATALOG).sample(3)
    assert samples.shape == (3, 3, size, size) and samples.dtype == torch.uint8
    assert torch.equal(samples, run_bundle(run).sample(3))
