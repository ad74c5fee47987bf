"""The one hook of the zoo, and the plain data that a plugin answers it with.

A plugin's hook module imports nothing but `zoo_core.hooks`, so that `zoo list` stays fast:

    from zoo_core.hooks import Entry, hookimpl

    @hookimpl
    def zoo_entries():
        return [Entry("objective", "lsgan", target="acme_gans.lsgan:LeastSquares", config="acme_gans.options:LeastSquares",
                      summary="Least-squares GAN", paper="Mao et al. 2017, arXiv 1611.04076")]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pluggy

GROUP = "zoo.v1"  # entry-point group; its name carries the API's major version
KINDS = {
    "model": "names parts and option values: a recipe with a paper behind it",
    "generator": "(space, latent, upsampler, options) -> Generator",
    "critic": "(space, out, vector, options) -> Critic",
    "objective": "(options) -> Objective, or (adversarial, options) -> Objective if the model has a part `adversarial`",
    "upsampler": "(options) -> Upsampler",
    "dataset": "(options) -> Dataset",
    "metric": "(sets) -> mapping of named scores",
    "executor": "(options) -> Executor",
    "observer": "(options) -> Observer",
    "command": "a click command",
}
PARTS = {  # what a model is made of -> kind of the entry; `adversarial` is an objective that another objective wraps
    "objective": "objective",
    "adversarial": "objective",
    "generator": "generator",
    "critic": "critic",
    "upsampler": "upsampler",
}

hookspec = pluggy.HookspecMarker("zoo")
hookimpl = pluggy.HookimplMarker("zoo")


@dataclass(frozen=True)
class Entry:
    """One thing a plugin provides.

    kind     one of KINDS.
    name     lower-case letters, digits, `_`, `-`; unique within the distribution and kind.
    target   "module:attribute", imported on first use; empty for models.
    config   "module:Dataclass", the options: a frozen dataclass in a module that does not import torch.
    parts    models: part -> id, for example {"objective": "lsgan"}; parts left out are core's reference ones.
             objectives: the parts that it works with and no other, if it asks more of them than their interface says.
    options  models only: "part.option" -> value, the paper's settings; part `train` is the trainer, part `guide` how
             guides are drawn.
    needs    what the data must have: "labels", "guide", "size=64", "size=64|128", "channels=3".
    weights  models only: "package:folder", a trained model inside the distribution, which `zoo sample NAME` draws with.
    requires distributions, beside its own and zoo-core, whose entries it names: who trains with it is told to install them.
    aliases  ids that the entry once had, "distribution/name": recipes, runs and models that were saved with them are read.
    ignores  generators only: ("upsampler",) for one that takes nothing of the upsampler it is given.
    features names of extractors that it trains on the features of: their scores of its models are void.
    """

    kind: str
    name: str
    target: str = ""
    config: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    summary: str = ""
    paper: str = ""
    weights: str = ""
    requires: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


@hookspec
def zoo_entries() -> Iterable[Entry]:  # type: ignore[empty-body]
    """Return the entries of this plugin. Called once per process, without torch."""
