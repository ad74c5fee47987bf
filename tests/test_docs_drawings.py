"""The drawings of the documentation show what is true."""

from __future__ import annotations

import itertools
import re
import runpy
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
DIVERGENCES = runpy.run_path(str(ROOT / "docs/_scripts/divergences.py"), run_name="divergences")
WEIGHTS = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=5, max_size=5).filter(lambda weights: sum(weights) > 0.1)


@given(WEIGHTS, WEIGHTS)
def test_the_divergences_are_those_of_scipy(a, b):
    p, q = np.array(a) / sum(a), np.array(b) / sum(b)
    places = 0.5 * np.arange(5)
    assert DIVERGENCES["wasserstein"](p, q, 0.5) == pytest.approx(wasserstein_distance(places, places, p, q), abs=1e-9)
    assert DIVERGENCES["jensen_shannon"](p, q) == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-9)


@pytest.mark.parametrize("shift", range(-4, 5))
def test_of_two_parallel_lines_they_are_as_in_the_paper(shift):
    """Arjovsky, Chintala, Bottou 2017, example 1: W = |theta|, JS = log 2 unless theta = 0."""
    real, fake = np.eye(9)[4], np.eye(9)[4 + shift]
    assert DIVERGENCES["wasserstein"](real, fake, 0.25) == pytest.approx(abs(shift) / 4)
    assert DIVERGENCES["jensen_shannon"](real, fake) == pytest.approx(np.log(2) if shift else 0)


def test_the_best_critic_attains_the_distance_with_slope_one():
    """Kantorovich and Rubinstein: E_p f - E_q f is at most W1 for slopes of at most 1, and reaches it at the best f."""
    x = np.linspace(-3, 3, 301)
    p, q = (DIVERGENCES["normal"](x, mean, 0.4) for mean in (1.0, -1.0))
    p, q, spacing = p / p.sum(), q / q.sum(), x[1] - x[0]
    discriminator, critic = DIVERGENCES["optimal_outputs"](x, p, q, spacing)
    assert np.abs(np.diff(critic)).max() <= spacing * (1 + 1e-9)
    assert critic @ (p - q) == pytest.approx(DIVERGENCES["wasserstein"](p, q, spacing), rel=0.02)
    assert discriminator[150] == pytest.approx(0.5) and discriminator[200] > 0.999 and discriminator[100] < 0.001


def test_the_script_draws(tmp_path):
    DIVERGENCES["draw"](tmp_path / "drawn.svg")
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", (tmp_path / "drawn.svg").read_text())
    assert texts == re.findall(r"<text[^>]*>([^<]+)</text>", (IMAGES / "divergences.svg").read_text())
    assert {"Two parallel lines", "discriminator", "Wasserstein critic, scaled"} <= set(texts)


def test_the_drawing_of_the_architecture_shows_the_imports_that_are_allowed():
    """An arrow for each two groups of packages of which .ci/imports.py does not forbid the one to import the other."""
    parser = ConfigParser()
    parser.read_string(runpy.run_path(str(ROOT / ".ci/imports.py"))["contracts"]())
    contracts = [parser[section] for section in parser.sections()]
    packages = parser["importlinter"]["root_packages"].split()
    harness = parser["importlinter:contract:harness_layers"]["layers"].split()  # each may import those after it
    group = {package: package if package in ("zoo_core", *harness) else "plugins" for package in packages}
    forbidden = {
        (group[a], group[b])
        for contract in contracts
        if contract.get("type") == "forbidden"
        for a in contract["source_modules"].split()
        for b in contract["forbidden_modules"].split()
        if a in group and b in group
    }
    forbidden |= {(low, high) for high, low in itertools.combinations(harness, 2)}
    allowed = set(itertools.permutations(set(group.values()), 2)) - forbidden
    drawing = ElementTree.parse(IMAGES / "architecture.svg").getroot()
    elements = {element.get("id", ""): element for element in drawing.iter() if element.get("id")}
    arrows = {tuple(id.split("-imports-")) for id in elements if "-imports-" in id}
    assert arrows == allowed
    assert {*group.values()} <= elements.keys()
    independent = [contract["modules"].split() for contract in contracts if contract.get("type") == "independence"]
    assert independent == [[package for package in packages if group[package] == "plugins"]]
    assert "know nothing of each other" in "".join(drawing.itertext())
