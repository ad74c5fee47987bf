"""Scores of labels: KID class by class, and the control of the accuracy, against plain versions."""

from __future__ import annotations

import dataclasses
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo_bench.evaluation.agreement import chance
from zoo_bench.evaluation.classes import FEWEST, class_kids
from zoo_bench.evaluation.evaluate import evaluate
from zoo_bench.evaluation.jackknife import WIDTH, kid_error
from zoo_bench.evaluation.neighbours import polynomial_kernel
from zoo_bench.evaluation.sets import Sets
from zoo_core.images import Images
from zoo_core.space import Space

NAMES = {"kind": ("cat", "dog", "rare"), "mood": ("calm",)}


@dataclasses.dataclass
class Rows:
    """A side with features of its own."""

    features: np.ndarray
    labels: np.ndarray


@pytest.fixture(scope="module")
def sets():
    random = np.random.default_rng(0)

    def side(cats, dogs, rare, held=False):
        kinds = np.repeat([0, 1, 2], [cats, dogs, rare])
        labels = np.stack([kinds, np.full(len(kinds), -1 if held else 0)], 1)
        order = random.permutation(len(kinds))
        return Rows((random.normal(size=(len(kinds), 5)) + kinds[:, None])[order], labels[order])

    return Sets(side(40, 31, 50), side(30, 35, FEWEST - 1), side(30, 29, 40, held=True))


def naive(a, b):
    """Pair by pair."""

    def within(x):
        return np.mean([polynomial_kernel(x[i : i + 1], x[j : j + 1]) for i in range(len(x)) for j in range(len(x)) if i != j])

    return within(a) + within(b) - 2 * np.mean([polynomial_kernel(x[None], y[None]) for x in a for y in b])


def test_each_class_has_the_mmd_of_its_own_images(sets):
    found = {(each.attribute, each.value): each for each in class_kids(sets, NAMES)}
    assert list(found) == [("kind", "cat"), ("kind", "dog"), ("mood", "calm")]  # rare: one generated image too few
    for number, value in enumerate(("cat", "dog")):
        real, fake, held = (s.features[s.labels[:, 0] == number] for s in (sets.real, sets.fake, sets.held_out))
        each = found["kind", value]
        assert (each.n_real, each.n_fake) == (len(real), len(fake))
        assert each.kid == pytest.approx(naive(real, fake))
        assert (each.high - each.low) / 2 == pytest.approx(WIDTH * kid_error(real, fake))
        assert each.floor == (pytest.approx(naive(real, held)) if value == "cat" else None)
    assert found["mood", "calm"].floor is None and found["mood", "calm"].n_real == 121


def test_a_class_drawn_wrong_stands_out():
    """Dogs are drawn inverted; the report says which class it is, and says nothing without labels."""
    random = np.random.default_rng(1)
    labels = np.repeat([[0], [1]], 40, 0)
    pixels = (random.integers(0, 60, (160, 16, 16, 3)) + 150 * np.tile(labels, (2, 1))[..., None, None]).astype(np.uint8)
    real = Images(Space(16, 3, {"kind": ("cat", "dog")}), pixels[:80], labels, np.zeros(80, bool), tuple(map(str, range(80))))
    fakes = np.where(labels[..., None, None] == 1, 255 - pixels[80:], pixels[80:])
    found = evaluate(real, fakes, fake_labels=labels, metrics={}).to_json()["classes"]
    assert [(row["attribute"], row["value"], row["n_real"], row["n_fake"]) for row in found] == [
        ("kind", "cat", 40, 40),
        ("kind", "dog", 40, 40),
    ]
    assert found[1]["low"] > found[0]["high"] and found[0]["floor"] is None
    assert evaluate(real, fakes, metrics={}).classes == ()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5))
def test_chance_is_the_mean_over_all_ways_to_shuffle(pairs):
    answers, wanted = np.array(pairs, np.int64).T
    every = [(answers == np.array(order)).mean() for order in permutations(wanted)]
    assert chance(answers, wanted) == pytest.approx(np.mean(every))
