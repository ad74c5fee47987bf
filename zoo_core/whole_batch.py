"""What a loss says of a batch as a whole, where several processes have a share of it each.

A loss that is a mean over images needs nothing of this: the trainer averages gradients. One in which images meet, as in a mean
under a curve or in a distance between images, asks here for what the other processes have, with its gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from torch import Tensor


def _itself(x: Tensor) -> Tensor:
    return x


@dataclass(frozen=True)
class WholeBatch:
    """How the shares of a batch are put together; as it is by default, one process has all of it.

    mean  a mean over this process's images, of any shape -> that over the whole batch, differentiable.
    rows  (n, ...), a row per image of this process -> (N, ...), those of the whole batch in order, differentiable.
    """

    mean: Callable[[Tensor], Tensor] = _itself
    rows: Callable[[Tensor], Tensor] = _itself


_CURRENT: ContextVar[WholeBatch] = ContextVar("whole_batch", default=WholeBatch())  # noqa: B039


@contextmanager
def entered(whole: WholeBatch) -> Iterator[None]:
    """Within it, `whole_mean` and `whole_rows` are those of `whole`. The trainer enters it around every step."""
    token = _CURRENT.set(whole)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def whole_mean(x: Tensor) -> Tensor:
    """A mean over this process's images -> that over the whole batch; x itself in one process. Of any shape."""
    return _CURRENT.get().mean(x)


def whole_rows(x: Tensor) -> Tensor:
    """(n, ...), a row per image of this process -> (N, ...), those of the whole batch in order; x itself in one process."""
    return _CURRENT.get().rows(x)
