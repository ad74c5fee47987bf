"""Every model with every upsampler, at sizes that are and are not powers of two, with and without labels."""

from __future__ import annotations

import pytest
import torch

from zoo_core.bundle import load_bundle, run_bundle, save_bundle
from zoo_core.catalog import discover
from zoo_core.errors import ZooError
from zoo_core.testing.small import tiny_recipe, trained

MODELS = [item.id for item in discover().of("model")]
UPSAMPLERS = [item.id for item in discover().of("upsampler")]


@pytest.mark.parametrize("labels", [(), ("type", "body")], ids=["plain", "labels"])
@pytest.mark.parametrize("size", [16, 48, 64])
@pytest.mark.parametrize("upsampler", UPSAMPLERS)
@pytest.mark.parametrize("model", MODELS)
def test_trains_and_reloads(model, upsampler, size, labels, tmp_path):
    try:
        recipe = tiny_recipe(model, size=size, labels=labels, parts={"upsampler": upsampler}, guide=guide(model))
    except ZooError as error:
        # The model says that it does not claim this combination, or that its objective is in a plugin which is not here.
        assert " needs " in str(error) or "pip install zoo-" in str(error)
        return
    run = trained(recipe, 2)
    save_bundle(run_bundle(run), tmp_path)
    samples = load_bundle(tmp_path, discover()).sample(3)
    assert samples.shape == (3, 3, size, size) and samples.dtype == torch.uint8
    assert torch.equal(samples, run_bundle(run).sample(3))


def guide(model: str) -> str:
    return "edges" if "guide" in discover().find("model", model).entry.needs else "none"
