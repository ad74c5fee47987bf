"""The ladder: every fault is graded, and what the order demands is what people see."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    """The modules of benchmarks/scripts, as if they were started there."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield
    for name in set(sys.modules) - before:
        if str(SCRIPTS) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_what_is_seen_at_once_weighs_more_than_what_is_hardly_seen():
    import spoilt

    hardly = [spoilt.weight(*fault) for fault in (("grid", 8), ("colour", 1), ("blur", 0.5), ("noise", 5))]
    closely = [spoilt.weight(*fault) for fault in (("blur", 1), ("noise", 10))]
    at_once = [spoilt.weight(name, 1) for name in ("patches", "parts", "blotches", "blobs")]
    assert hardly == sorted(hardly) and hardly[-1] < closely[0] < closely[1] < min(at_once)
    for name, fault in spoilt.FAULTS.items():
        assert 0 < spoilt.weight(name, fault.low) < spoilt.weight(name, fault.high), name


def test_more_of_a_fault_changes_figures_more():
    import ladder
    import spoilt

    pixels = torch.from_numpy(ladder.creatures(24, 64)).permute(0, 3, 1, 2).float()
    for name, fault in spoilt.FAULTS.items():
        changed = []
        for strength in (fault.low, fault.high):
            drawn = [spoilt.apply(pixels, name, strength, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2, 3)]
            assert torch.equal(drawn[0], drawn[1]), f"{name} is drawn by its generator alone"
            assert drawn[0].shape == pixels.shape and drawn[0].min() >= 0 and drawn[0].max() <= 255
            changed.append(np.mean([float((each - pixels).abs().mean()) for each in drawn[1:]]))
        assert 0 < changed[0] < changed[1], name


def test_shuffled_pieces_are_the_same_pieces():
    import ladder
    import spoilt

    pixels = torch.from_numpy(ladder.creatures(16, 64)).permute(0, 3, 1, 2).float()
    shuffled = spoilt.apply(pixels, "patches", 1, torch.Generator().manual_seed(0))
    for before, after in zip(pixels, shuffled, strict=True):
        tiles = [image.unfold(1, 8, 8).unfold(2, 8, 8).flatten(1, 2).sum((0, 2, 3)).sort().values for image in (before, after)]
        assert torch.equal(*tiles) and not torch.equal(before, after)


def test_a_broken_order_is_told_by_its_rungs():
    import ladder

    rungs = [*ladder.STEPS, *ladder.FORM]
    kid = dict(zip(rungs, range(len(rungs)), strict=True))
    certain = {name: name != rungs[0] for name in rungs}
    assert ladder.broken(kid, certain) == []
    turned = ladder.broken({**kid, "patches shuffled": 0.5}, certain)
    assert "patches shuffled not above chequer 8" in turned and "patches shuffled not above noise 10" in turned
    assert ladder.broken(kid, {**certain, "blur 1": False}) == ["blur 1 not told from none"]
    assert ladder.broken(kid, {**certain, rungs[0]: True}) == ["the other half (floor) told from the reference"]
    assert ladder.broken({**kid, "limbs 0.25": 0.5}, certain)[0] == "limbs 0.25 not above chequer 8"
