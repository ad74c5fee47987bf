"""The whole batch of several processes (zoo_core.whole_batch), put together from their shares by exchange."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from zoo_core.whole_batch import WholeBatch, entered
from zoo_train.world import World, contact


@contextmanager
def spread_over(world: World) -> Iterator[None]:
    """Within it, batches are shares of those of `world`, and all its processes must ask for the same in the same order."""
    with entered(whole_batch(world)):
        yield


def whole_batch(world: World) -> WholeBatch:
    return WholeBatch() if world.size == 1 else WholeBatch(mean_of_all, lambda x: rows_of_all(x, world))


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


def rows_of_all(x: Tensor, world: World) -> Tensor:
    """(n, ...), n alike in every process -> (N, ...) with the rows of all, in order of rank, differentiable."""
    rows: Tensor = _Rows.apply(x, world)
    return rows
