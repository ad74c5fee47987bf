"""The feature space of `sprites` sees what is wrong with an image: spoilt creatures score worse than other creatures do."""

from __future__ import annotations

import io
import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from safetensors import safe_open

from zoo_bench.evaluation import fidelity, neighbours
from zoo_bench.evaluation.evaluate import evaluate
from zoo_bench.evaluation.sprites import load_sprites
from zoo_core.registry.catalog import discover

WHITE = (255, 255, 255)
N = 128
METRICS = {
    "kid": fidelity.kid,
    "kid_p": neighbours.permutation_test,
    "fid": fidelity.fid,
    "precision_recall": fidelity.precision_recall,
    "density_coverage": neighbours.density_coverage,
}


def each(pixels, change):
    return np.stack([np.asarray(change(Image.fromarray(image))) for image in pixels])


def jpeg(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=20)
    return Image.open(file)


SPOILT = {
    "noise": lambda x: (x + np.random.default_rng(0).normal(0, 10, x.shape)).round().clip(0, 255).astype(np.uint8),
    "blur": lambda x: each(x, lambda image: image.filter(ImageFilter.GaussianBlur(1))),
    "jpeg": lambda x: each(x, jpeg),
    "colours": lambda x: np.ascontiguousarray(x[..., ::-1]),
    "modes": lambda x: x[np.arange(len(x)) % 8],
}


@pytest.fixture(scope="module")
def halves():
    """Training creatures, and others (as held-out ones) to spoil."""
    data = discover().make("dataset", "creatures", {"count": 2 * N, "held_out": 0.5}).load(64, 3, (), WHITE)
    return data, data.pixels[data.held_out]


@pytest.fixture(scope="module")
def unspoilt(halves):
    return evaluate(*halves, metrics=METRICS)


def test_other_creatures_cannot_be_told_from_creatures(unspoilt):
    assert unspoilt["kid_p"].score.value > 0.01
    assert unspoilt["precision"].score.value > 0.6 and unspoilt["coverage"].score.value > 0.6
    assert unspoilt["kid"].score.value == unspoilt["kid"].floor


@pytest.mark.parametrize("fault", SPOILT)
def test_every_fault_scores_clearly_worse(halves, unspoilt, fault):
    found = evaluate(halves[0], SPOILT[fault](halves[1]), metrics=METRICS)
    floor = unspoilt["kid"].score
    assert found["kid"].score.value > floor.value + 2 * floor.spread
    assert found["kid_p"].score.value < 0.01
    assert found["fid"].score.value > 1.2 * unspoilt["fid"].score.value


def test_dropped_modes_are_precise_but_cover_little(halves, unspoilt):
    found = evaluate(halves[0], SPOILT["modes"](halves[1]), metrics=METRICS)
    assert found["precision"].score.value > 0.6
    assert found["coverage"].score.value < 0.5 * unspoilt["coverage"].score.value
    assert found["recall"].score.value < 0.5 * unspoilt["recall"].score.value


def test_more_of_a_fault_is_worse(halves):
    def spoil(sd):
        noise = np.random.default_rng(0).normal(0, sd, halves[1].shape)
        return (halves[1] + noise).round().clip(0, 255).astype(np.uint8)

    values = [evaluate(halves[0], spoil(sd), metrics={"kid": fidelity.kid})["kid"].score.value for sd in (0, 5, 15, 40)]
    assert values == sorted(values) and values[-1] > values[0]


def test_the_training_script_writes_weights_that_load(tmp_path, monkeypatch):
    script = Path(__file__).parents[1] / "scripts" / "train_sprites.py"
    out = tmp_path / "sprites.safetensors"
    small = ["--count", "48", "--steps", "2", "--batch", "4", "--trial", "48", "--out", str(out)]
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(script), *small])
    monkeypatch.syspath_prepend(str(script.parent))
    try:
        runpy.run_path(str(script), run_name="__main__")
    finally:
        torch.use_deterministic_algorithms(False)
        sys.modules.pop("faults", None)
    network, _ = load_sprites(out)
    assert network.get_buffer("spread").min() > 0
    with safe_open(out, "pt") as file:
        told = file.metadata()
    assert json.loads(told["options"])["steps"] == 2 and set(json.loads(told["accuracy"])) == {"type", "body", "fault"}
