"""The loop over phases. It knows no model."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from zoo_core.errors import RunFailure
from zoo_core.interfaces import Phase
from zoo_core.seeds import mix
from zoo_train.agreement import Agreement
from zoo_train.captured import CapturedStep, CudaGraph, Graph
from zoo_train.critic_view import make_views
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.ema import ema_decay, ema_update
from zoo_train.optimizers import set_rate
from zoo_train.profile import Mark, unmarked
from zoo_train.run import Run
from zoo_train.schedules import rate_factor
from zoo_train.shared_layers import share_layers
from zoo_train.step import step_of


@dataclass(frozen=True)
class Step:
    """One finished iteration. The terms are still on the device; reading them waits for it."""

    iteration: int
    terms: Mapping[str, Tensor]  # "phase/term" -> scalar

    def values(self) -> dict[str, float]:
        """The terms as numbers."""
        names = list(self.terms)
        values = torch.stack([self.terms[name].float() for name in names]).tolist() if names else []
        return dict(zip(names, values, strict=True))

    def read(self) -> dict[str, float]:
        """The terms as numbers. Raises RunFailure if one is not finite."""
        values = self.values()
        for name, value in values.items():
            if not math.isfinite(value):
                phase, _, term = name.partition("/")
                raise RunFailure(
                    f"iteration {self.iteration}: term {term} of phase {phase} is not finite; try a smaller --set train.lr"
                )
        return values


def train(
    run: Run, data: DeviceData, mark: Mark = unmarked, graph: Callable[[torch.Generator], Graph] = CudaGraph
) -> Generator[Step, None, None]:
    """Train until run.total iterations are done, or for ever if it is None; yields after each. Nothing is read back.

    Where `data` is one process's share (data.world), every process of the run must be in here. The first one decides, by
    run.total and by closing the iterator; the others get their state from it and do as many iterations.

    mark   is entered around every part of a phase, under the name "phase/part", and around "average".
    graph  what records the steps of the phases in run.captured.
    """
    options, adaptive, world = run.recipe.train, run.adaptive, data.world
    draw = CounterDraw(run.recipe.seed, run.prior, run.device, world, options.batch)
    views = make_views(options, run.phases, run.nets, draw)
    repeats = sum(phase.times for phase in run.phases)
    for net in run.nets.values():
        if world.size > 1:
            share_layers(net, world)
        net.train()
    steps = {phase.name: step_of(run, phase, draw, views, world) for phase in run.phases}
    for phase in run.phases:
        if phase.name in run.captured:
            steps[phase.name] = CapturedStep(phase.name, steps[phase.name], run.optimizers[phase.name], draw, graph)
    agreement = Agreement(world, run)
    while agreement.another():
        started = time.perf_counter()
        torch.manual_seed(mix(run.recipe.seed, "iteration", run.iteration))  # dropout
        factor = rate_factor(options, run.iteration, run.total) * 0.5**run.rollbacks
        terms: dict[str, Tensor] = {}
        batch = run.iteration * repeats
        for place, phase in enumerate(run.phases):
            _freeze_others(run.nets, phase)
            set_rate(run.optimizers[phase.name], run.learning_rates[phase.name] * factor)
            for repeat in range(phase.times):
                draw.at(run.iteration, place, repeat)
                with mark(f"{phase.name}/data"):
                    real = data.batch(batch, run.layout)
                losses = steps[phase.name](real, mark)
                batch += 1
            terms.update({f"{phase.name}/{name.lstrip('~')}": value.detach() for name, value in losses.items()})
        decay = options.ema
        with mark("average"):
            ema_update(run.average, run.nets["generator"], ema_decay(decay, run.iteration) if decay else 0.0)
        run.iteration += 1
        if adaptive:
            adaptive.adapt(run.iteration)
            terms["augment/probability"] = adaptive.probability.clone()
        run.seconds += time.perf_counter() - started
        try:
            yield Step(run.iteration, terms)
        except GeneratorExit:
            agreement.end()
            raise


def _freeze_others(nets: Mapping[str, nn.Module], phase: Phase) -> None:
    """Only what a phase trains gets gradients: a generator frozen in a critic's phase builds no graph at all."""
    for name, net in nets.items():
        net.requires_grad_(name in phase.trains)
