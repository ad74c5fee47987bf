"""The script that says how far the judges agree: its numbers, and that a set is drawn again from its recipe alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from zoo_bench.evaluation import fidelity
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.sets import Features, Sets, Side

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def agreement(monkeypatch):
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import agreement

    yield agreement
    for name in set(sys.modules) - before:
        if str(SCRIPTS) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_the_rank_correlation_is_spearmans(agreement):
    draw = np.random.default_rng(0)
    a, b = draw.integers(0, 8, 30).astype(float), draw.normal(size=30)
    assert agreement.spearman(a, a + b) == pytest.approx(stats.spearmanr(a, a + b).statistic)


def test_kid_is_that_of_the_evaluator_over_all_pairs(agreement):
    """Subsets of a half average out to all pairs."""
    draw = np.random.default_rng(0)
    sides = [Side(draw.integers(0, 256, (40, 16, 16, 3), np.uint8), np.zeros((40, 0), np.int64), None) for _ in range(2)]
    table = Features(open_extractor("sprites"))
    real, fake = (Side(side.pixels, side.labels, table) for side in sides)
    found = fidelity.kid(Sets(real, fake))["kid"]
    assert agreement.kid(real.features, fake.features) == pytest.approx(found.value, abs=found.spread)


def test_a_set_is_drawn_again_from_its_recipe_and_scores_the_same(agreement, tmp_path, monkeypatch):
    recipe = {
        "dataset": "creatures",
        "command": "zoo bench --model dcgan --size 16 --set dataset.count=40 --set train.batch=8 --threads 1",
        "size": 16,
        "seed": 0,
        "total": 3,
        "iteration": 2,
    }
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"sets": {"young": {**recipe, "kid": {"sprites": 1.0, "squeezenet": 1.0}, "weights": {}}}}))
    options = SimpleNamespace(results=results, data=[], only=[])
    drawn = []
    for name in ("one", "two"):
        agreement.again(SimpleNamespace(**vars(options), sets=tmp_path / name))
        with np.load(tmp_path / name / "young.npz") as content:
            drawn.append(content["samples"])
            assert json.loads(str(content["meta"]))["iteration"] == 2
    assert drawn[0].shape[1:] == (16, 16, 3) and np.array_equal(*drawn)
    monkeypatch.setattr(agreement, "REAL", 20)
    monkeypatch.setattr(agreement, "SAMPLES", 10)
    agreement.score(SimpleNamespace(**vars(options), sets=tmp_path / "one"))
    written = json.loads(results.read_text())["sets"]["young"]
    assert {key: written[key] for key in recipe} == recipe
    assert set(written["kid"]) == {"sprites", "squeezenet"} and all(value != 1.0 for value in written["kid"].values())
