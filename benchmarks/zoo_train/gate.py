"""Optimizer steps that count or not, as a number on the device decides."""

from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def gated_step(optimizer: torch.optim.Optimizer, gate: Tensor) -> None:
    """A step of the optimizer where `gate` is 1; where it is 0, weights and optimizer state stay as they were.

    gate  a scalar on the parameters' device. It is not read, so nothing waits for the device: the step is always computed, and
          undone where it does not count. A step counter that lies elsewhere counts all steps; no optimizer of zoo that keeps
          its counter on another device computes with it.
    """
    on = gate.bool()
    parameters = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    weights = [p.clone() for p in parameters]
    states = [{key: value.clone() for key, value in _tensors(optimizer, p).items()} for p in parameters]
    optimizer.step()
    for parameter, weight, state in zip(parameters, weights, states, strict=True):
        parameter.copy_(torch.where(on, parameter, weight))
        for key, value in _tensors(optimizer, parameter).items():
            if value.device == on.device:
                before = state[key] if key in state else torch.zeros_like(value)  # state is born as zeros, in the first step
                value.copy_(torch.where(on, value, before))


def _tensors(optimizer: torch.optim.Optimizer, parameter: Tensor) -> dict[str, Tensor]:
    return {key: value for key, value in optimizer.state.get(parameter, {}).items() if isinstance(value, Tensor)}
