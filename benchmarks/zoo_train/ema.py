"""Exponential moving average of a network's weights."""

from __future__ import annotations

import torch
from torch import nn


def ema_decay(decay: float, updates: int) -> float:
    """The decay of update number `updates` (from 0): min(decay, (1 + t) / (10 + t)), so that short runs are not dominated by
    the initial weights. The warm-up is TensorFlow's ExponentialMovingAverage with num_updates.
    """
    return min(decay, (1 + updates) / (10 + updates))


@torch.no_grad()
def ema_update(average: nn.Module, network: nn.Module, decay: float) -> None:
    """average = decay * average + (1 - decay) * network for parameters and floating-point buffers; others are copied."""
    ours, theirs = average.state_dict(keep_vars=True), network.state_dict(keep_vars=True)
    floating = [name for name, value in ours.items() if value.is_floating_point()]
    torch._foreach_lerp_([ours[name].data for name in floating], [theirs[name].data for name in floating], 1 - decay)
    for name in ours.keys() - set(floating):
        ours[name].copy_(theirs[name])
