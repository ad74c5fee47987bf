"""From a recipe to networks, phases and optimizers."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from zoo_core.errors import ZooError
from zoo_core.hooks import PARTS
from zoo_core.interfaces import Critic, Generator, Objective, Phase
from zoo_core.model.build import build_generator
from zoo_core.prior import Prior
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog
from zoo_core.seeds import mix
from zoo_core.space import Space
from zoo_train.adaptive import Adaptive
from zoo_train.critic_view import make_adaptive
from zoo_train.optimizers import check_cuda_graph, make_optimizer
from zoo_train.schedules import check_schedule


@dataclass
class Run:
    """Everything that training changes, ready for its next iteration.

    iteration  iterations done so far.
    total      iterations in all, once known; the learning-rate schedule needs it.
    average    the averaged generator: what is sampled, evaluated and published.
    adaptive   the controller of adaptive augmentation, if there is one.
    rollbacks  how often training went back to a checkpoint with half the learning rate.
    encoder    name and number of outputs of the network that turns images into codes; None without one.
    captured   names of the phases whose steps are replayed from a CUDA graph, see zoo_train.captured.
    precision  phase -> which and why, see zoo_train.precision; fp32 for what is not named.
    images_sha256  of what it trains on, where that is known: a checkpoint says it, and belongs to no other run.
    """

    recipe: Recipe
    device: torch.device
    nets: dict[str, nn.Module]
    phases: Sequence[Phase]
    prior: Prior
    average: Generator
    optimizers: dict[str, torch.optim.Optimizer]
    layout: torch.memory_format = torch.contiguous_format
    iteration: int = 0
    total: int | None = None
    seconds: float = 0.0
    learning_rates: dict[str, float] = field(default_factory=dict)
    adaptive: Adaptive | None = None
    rollbacks: int = 0
    encoder: tuple[str, int] | None = None
    captured: frozenset[str] = frozenset()
    precision: Mapping[str, str] = field(default_factory=dict)
    images_sha256: str = ""

    @property
    def images_per_iteration(self) -> int:
        """Real images drawn in one iteration."""
        return self.recipe.train.batch * sum(phase.times for phase in self.phases)


def build(recipe: Recipe, catalog: Catalog, device: str | None = None) -> Run:
    """Make the networks with the recipe's seed, on its device or another one; on "meta" they are made without memory.

    Raises ZooError if a part is missing or breaks its interface.
    """
    on = torch.device(device or recipe.device)
    check_cuda_graph(recipe.train, on.type)
    torch.manual_seed(mix(recipe.seed, "init"))
    wrapped = [_make(catalog, recipe, "adversarial")] if "adversarial" in recipe.parts else []
    objective: Objective = _make(catalog, recipe, "objective", *wrapped)
    parts = RecipeParts(recipe, catalog)
    with on if on.type == "meta" else nullcontext():  # elsewhere weights are drawn by the processor, the same for all devices
        nets = dict(objective.nets(parts))
    layout = memory_format(recipe.train.channels_last, nets)
    for net in nets.values():
        net.to(on, memory_format=layout)  # type: ignore[call-overload]
    phases = tuple(objective.phases())
    _check(recipe, nets, phases)
    generator = nets["generator"]
    assert isinstance(generator, Generator)
    average = copy.deepcopy(generator).requires_grad_(False).eval()
    options = recipe.train
    check_schedule(options)
    optimizers = {
        phase.name: make_optimizer(
            options, [p for name in phase.trains for p in nets[name].parameters()], _rate(recipe, phase), on.type
        )
        for phase in phases
    }
    rates = {phase.name: _rate(recipe, phase) for phase in phases}
    adaptive = make_adaptive(options, phases, nets, parts.vectors, f"objective {recipe.parts['objective']}")
    return Run(
        recipe,
        on,
        nets,
        phases,
        objective.prior,
        average,
        optimizers,
        layout,
        learning_rates=rates,
        adaptive=adaptive and adaptive.to(on),
        encoder=_encoder(objective.encoder, nets, parts),
    )


@dataclass(frozen=True)
class RecipeParts:
    """Implements interfaces.Parts for a recipe."""

    recipe: Recipe
    catalog: Catalog
    vectors: list[Critic] = field(default_factory=list)  # critics that were asked for vectors
    outputs: dict[Critic, int] = field(default_factory=dict)  # of the critics of images

    @property
    def space(self) -> Space:
        return self.recipe.space

    def generator(self, latent: int) -> Generator:
        return build_generator(self.recipe.parts, self.recipe.options, self.space, latent, self.catalog)

    def critic(self, out: int, vector: int = 0) -> Critic:
        critic: Critic = _make(self.catalog, self.recipe, "critic", self.space, out, vector)
        if vector:
            self.vectors.append(critic)
        else:
            self.outputs[critic] = out
        return critic


def memory_format(channels_last: bool, nets: Mapping[str, nn.Module]) -> torch.memory_format:
    """How images lie in memory. Instance norm is slow on NHWC, and one such layer costs more than the others gain."""
    slow = any(isinstance(layer, nn.InstanceNorm2d) for net in nets.values() for layer in net.modules())
    return torch.channels_last if channels_last and not slow else torch.contiguous_format


def _make(catalog: Catalog, recipe: Recipe, part: str, *arguments: Any) -> Any:
    return catalog.make(PARTS[part], recipe.parts[part], recipe.options.get(part), *arguments)


def _rate(recipe: Recipe, phase: Phase) -> float:
    options = recipe.train
    return options.critic_lr if phase.rate == "critic_lr" and options.critic_lr is not None else options.lr


def _encoder(name: str, nets: Mapping[str, nn.Module], parts: RecipeParts) -> tuple[str, int] | None:
    """What an objective says of its encoder, checked: a saved one is built again from the critic's id, options and outputs."""
    if not name:
        return None
    network = nets.get(name)
    if not isinstance(network, Critic) or network not in parts.outputs:
        raise ZooError(f"objective {parts.recipe.parts['objective']}: encoder = {name!r} must name what parts.critic(out) made")
    return name, parts.outputs[network]


def _check(recipe: Recipe, nets: Mapping[str, nn.Module], phases: Sequence[Phase]) -> None:
    """An objective of a third party may break its interface: say so before training does."""
    owner = f"objective {recipe.parts['objective']}"
    if not isinstance(nets.get("generator"), Generator):
        raise ZooError(f"{owner}: nets() must hold a Generator named generator")
    names = [phase.name for phase in phases]
    if len(set(names)) != len(names) or not names:
        raise ZooError(f"{owner}: phases() must have different names, got {', '.join(names) or 'none'}")
    trained = {name for phase in phases for name in phase.trains}
    if trained - nets.keys():
        raise ZooError(f"{owner}: phases train networks that nets() does not hold: {', '.join(sorted(trained - nets.keys()))}")
