"""What a loss says of a batch as a whole, where several processes have a share of it each.

A loss that is a mean over images needs nothing of this: the trainer averages gradients. One in which images meet, as in a mean
under a curve or in a distance between images, asks here for what the other processes have, with its gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from zoo_core.train.world import ALONE, World, contact

_WORLD: ContextVar[World] = ContextVar("world", default=ALONE)


@contextmanager
def spread_over(world: World) -> Iterator[None]:
    """Within it, batches are shares of those of `world`, and all its processes must ask for the same in the same order."""
    token = _WORLD.set(world)
    try:
        yield
    finally:
        _WORLD.reset(token)


def whole_mean(x: Tensor) -> Tensor:
    """A mean over this process's images -> that over the whole batch; x itself in one process. Of any shape."""
    return x if _WORLD.get().size == 1 else mean_of_all(x)


def whole_rows(x: Tensor) -> Tensor:
    """(n, ...), a row per image of this process -> (N, ...), those of the whole batch in order; x itself in one process."""
    world = _WORLD.get()
    rows: Tensor = x if world.size == 1 else _Rows.apply(x, world)
    return rows


class _Mean(torch.autograd.Function):
    """The mean over all processes. Its derivative is the mean over all processes again, and so on."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        with contact():
            dist.all_reduce(total)
        return total / dist.get_world_size()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return mean_of_all(gradient)


def mean_of_all(x: Tensor) -> Tensor:
    """x, shaped alike in every process -> its mean over them, differentiable."""
    mean: Tensor = _Mean.apply(x)
    return mean


class _Rows(torch.autograd.Function):
    """The rows of all processes. Each of these has a loss of them, so a row's gradient is the sum of what all say of it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, world: World) -> Tensor:
        ctx.world = world
        return world.all_rows(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        total = mean_of_all(gradient.contiguous()) * ctx.world.size
        return total[ctx.world.share(len(gradient))], None
