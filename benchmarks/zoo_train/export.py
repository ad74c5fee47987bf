"""What a run has learnt, as it is saved and sampled: its averaged generator and its encoder."""

from __future__ import annotations

import copy
from importlib import metadata

import torch

from zoo_core.interfaces import Critic
from zoo_core.model.bundle import Bundle
from zoo_core.model.config import FORMAT, NEEDED
from zoo_core.options import to_json
from zoo_train.encoder import Encoder
from zoo_train.run import Run


def run_bundle(run: Run) -> Bundle:
    """A copy of the averaged generator of a run, laid out in memory as a loaded one is: it draws the same bytes."""
    recipe = run.recipe
    names = {part: recipe.parts[part] for part in NEEDED}
    distributions = sorted({"zoo-core", *(name.partition("/")[0] for name in names.values())})
    config = {
        "format": FORMAT,
        "model": recipe.model,
        "parts": names,
        "options": {part: dict(recipe.options[part]) for part in NEEDED},
        "space": recipe.space.to_json(),
        "prior": run.prior.to_json(),
        "background": list(recipe.data.background),
        "guide": to_json(recipe.data.guide) if recipe.space.guide else None,
        "requires": {name: _version(name) for name in distributions},
        "trained": {"dataset": recipe.data.id, "iterations": run.iteration, "seed": recipe.seed},
    }
    generator = copy.deepcopy(run.average).to(memory_format=torch.contiguous_format)
    return Bundle(config, generator, recipe.space, run.prior)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"


def run_encoder(run: Run) -> Encoder | None:
    """A copy of a run's encoder as it is now; None where the objective names none (zoo_core.interfaces.Objective)."""
    if run.encoder is None:
        return None
    name, outputs = run.encoder
    part, options = run.recipe.parts["critic"], dict(run.recipe.options["critic"])
    config = {"format": FORMAT, "critic": part, "options": options, "outputs": outputs}
    network = copy.deepcopy(run.nets[name]).to(memory_format=torch.contiguous_format)
    assert isinstance(network, Critic)  # build has checked it
    return Encoder(config, network.requires_grad_(False).eval(), run.prior.size)
