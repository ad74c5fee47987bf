"""One step of one phase: loss, gradients, optimizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from zoo_core.interfaces import Batch, Phase, total_loss
from zoo_train.critic_view import CriticViews
from zoo_train.draw import CounterDraw
from zoo_train.gate import gated_step
from zoo_train.precision import autocast, in_bfloat16
from zoo_train.profile import Mark
from zoo_train.run import Run
from zoo_train.whole_batch import spread_over
from zoo_train.world import World

TakeStep = Callable[[Batch, Mark], Mapping[str, Tensor]]
"""Moves the weights that a phase trains, on a batch. Returns the terms; none where the phase has no step now.

The draw is at the step's place, learning rates are set, and all other networks frozen. Nothing is read back from the device,
and no number of the processor goes in that changes from step to step but draw.iteration, so that a step can be recorded.
"""


def step_of(run: Run, phase: Phase, draw: CounterDraw, views: CriticViews | None, world: World) -> TakeStep:
    """The step of a phase, with plain operations."""
    optimizer, limit = run.optimizers[phase.name], run.recipe.train.clip_gradient
    trained = [parameter for name in phase.trains for parameter in run.nets[name].parameters()]
    bf16 = in_bfloat16(run.precision, phase.name)

    def step(real: Batch, mark: Mark) -> Mapping[str, Tensor]:
        nets = views.of(run.nets, real.images, run.adaptive) if views else run.nets
        with mark(f"{phase.name}/loss"), autocast(run.device, bf16), spread_over(world):
            losses = phase.loss(nets, real, draw)
        if not losses:
            return losses
        optimizer.zero_grad(set_to_none=True)
        with mark(f"{phase.name}/backward"):
            torch.autograd.backward(total_loss(losses))
        if world.size > 1:
            with mark(f"{phase.name}/reduce"):
                losses = world.mean_step(trained, losses, phase.gate)
        with mark(f"{phase.name}/step"):
            if limit is not None:
                clip_grad_norm_(trained, limit)
            if phase.gate:
                gated_step(optimizer, losses[phase.gate])
            else:
                optimizer.step()
            phase.after(run.nets)
        if views and run.adaptive:
            views.observe(phase, run.adaptive, world)
        return losses

    return step
