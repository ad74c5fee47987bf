"""Optimizers and learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from zoo_core.train.options import TrainOptions


def make_optimizer(options: TrainOptions, parameters: Iterable[nn.Parameter], lr: float) -> torch.optim.Optimizer:
    """The optimizer of one phase; fused where torch has a fused form."""
    parameters, decay = list(parameters), options.weight_decay
    if options.optimizer in ("adam", "adamw"):
        make = torch.optim.Adam if options.optimizer == "adam" else torch.optim.AdamW
        return make(parameters, lr=lr, betas=(options.beta1, options.beta2), weight_decay=decay, fused=True)
    if options.optimizer == "rmsprop":
        # beta2 0.999 is Adam's default; RMSprop's own smoothing in torch is 0.99.
        return torch.optim.RMSprop(parameters, lr=lr, alpha=options.beta2, weight_decay=decay)
    return torch.optim.SGD(parameters, lr=lr, momentum=options.beta1, weight_decay=decay)


def rate_factor(schedule: str, iteration: int, total: int | None) -> float:
    """What the learning rate is multiplied by. The first half of a run is constant, so that its length may be settled late."""
    if schedule == "constant" or total is None:
        return 1.0
    late = max(0.0, 2 * iteration / total - 1)  # 0 up to the middle, 1 at the end
    return max(0.0, 1 - late) if schedule == "linear" else 0.5 * (1 + math.cos(math.pi * min(1.0, late)))
