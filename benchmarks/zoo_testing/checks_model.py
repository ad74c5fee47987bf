"""Checks of models: their parts are there, their settings fit, and two iterations end in pictures."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from zoo_core.model.bundle import load_bundle, save_bundle
from zoo_core.registry.names import split
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.small import trained
from zoo_testing.soundness import check as broken
from zoo_testing.subject import Subject
from zoo_train.export import run_bundle


def parts(subject: Subject) -> None:
    """Parts are those of this plugin or of one that is installed, and every setting is an option of its part."""
    owners = {split(name)[0] or subject.distribution for name in subject.entry.parts.values()}
    absent = sorted(owners - {item.distribution for item in subject.catalog.entries})
    if absent:
        raise NotApplicable(f"it needs {' and '.join(absent)}, not installed")
    causes = broken(subject.catalog, subject.provided)
    expect(not causes, "; ".join(causes))


def paper(subject: Subject) -> None:
    """A model names the source of its settings in `paper`: a paper, a repository or a run."""
    expect(bool(subject.entry.paper.strip()), "paper is empty")


def trains(subject: Subject) -> None:
    """Two iterations are finite, and the model folder that they leave draws the same pictures again."""
    recipe = subject.recipe()
    bundle = run_bundle(trained(recipe, 2, catalog=subject.catalog))
    with tempfile.TemporaryDirectory() as folder:
        save_bundle(bundle, Path(folder))
        again = load_bundle(Path(folder), subject.catalog)
    guide = torch.zeros(3, recipe.space.guide, recipe.space.size, recipe.space.size) if recipe.space.guide else None
    before, after = bundle.sample(3, guide=guide), again.sample(3, guide=guide)
    wanted = (3, recipe.space.channels, recipe.space.size, recipe.space.size)
    expect(tuple(before.shape) == wanted, f"samples have shape {tuple(before.shape)}, expected {wanted}")
    expect(torch.equal(before, after), "the model folder, loaded again, draws other pictures")


def weights(subject: Subject) -> None:
    """Weights that a model ships load by its name, and draw pictures that differ."""
    if not subject.entry.weights:
        raise NotApplicable("it ships none")
    folder = subject.catalog.weights(subject.provided)
    assert folder is not None
    drawn = load_bundle(folder, subject.catalog).sample(4)
    expect(len({picture.numpy().tobytes() for picture in drawn}) == 4, "four samples are not four pictures")


READ = "zoo_core/hooks.py, class Entry; docs/reference/interfaces.md"
CHECKS: tuple[Check, ...] = checks("model", "model", READ, parts, paper, trains, weights)
