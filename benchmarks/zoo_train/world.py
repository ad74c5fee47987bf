"""Training on several devices: one process each, all with the same weights, each with its share of every batch.

After a backward pass the gradients of a phase and its recorded terms are averaged in one all_reduce of one flat buffer, as
StyleGAN3's training loop does: DistributedDataParallel is documented not to work with torch.autograd.grad, which gradient
penalties need. Losses are means over images, and shares are equal, so the mean of the means is the mean over the batch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from zoo_core.errors import RunFailure, ZooError


class LostContact(RunFailure):
    """Another process of the run has ended, so this one cannot go on."""


@dataclass(frozen=True)
class World:
    """The processes of a run. The first, rank 0, alone decides, reads terms and writes files."""

    rank: int = 0
    size: int = 1
    control: Any = None  # a group over the processors' network, so that no message waits for a GPU

    def share(self, batch: int) -> slice:
        """The rows of a whole batch of so many that are this process's own."""
        mine = batch // self.size
        return slice(self.rank * mine, (self.rank + 1) * mine)

    def rows(self, batch: int, shape: Sequence[int], draw: Callable[[Sequence[int]], Tensor]) -> Tensor:
        """`draw(shape)` for this process, so that all together have what one process would have.

        A shape that begins with a multiple of this process's share of a batch of `batch` is drawn for whole batches, of
        which the own rows are kept; any other is drawn alike by all.
        """
        mine = batch // self.size
        if self.size == 1 or not shape or not mine or shape[0] % mine:
            return draw(shape)
        whole = draw((shape[0] * self.size, *shape[1:]))
        return whole.view(-1, self.size, mine, *whole.shape[1:])[:, self.rank].reshape(-1, *whole.shape[1:])

    def mean_step(self, parameters: Iterable[nn.Parameter], terms: Mapping[str, Tensor], gate: str = "") -> dict[str, Tensor]:
        """Average the gradients in place. Returns the terms, averaged; of the term `gate`, the first process's."""
        if self.size == 1:
            return dict(terms)
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        of_gate = float(self.size if self.rank == 0 else 0)  # so that the mean is the first process's
        values = [value.detach().float() * (of_gate if name == gate else 1.0) for name, value in terms.items()]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients] + [torch.stack(values)])
        with contact():
            dist.all_reduce(flat)
        flat /= self.size
        *means, last = torch.split(flat, [gradient.numel() for gradient in gradients] + [len(values)])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view(gradient.shape))
        return dict(zip(terms, last.unbind(), strict=True))

    def all_rows(self, mine: Tensor) -> Tensor:
        """(n, ...) of every process -> (n * size, ...) with the rows of all, in order of rank."""
        if self.size == 1:
            return mine
        parts = [torch.empty_like(mine, memory_format=torch.contiguous_format) for _ in range(self.size)]
        with contact():
            dist.all_gather(parts, mine.contiguous())
        return torch.cat(parts)

    def send(self, value: bytes = b"") -> bytes:
        """The first process's bytes, in all of them."""
        if self.size == 1:
            return value
        length = torch.tensor([len(value)])
        with contact():
            dist.broadcast(length, 0, group=self.control)
            data = (
                torch.frombuffer(bytearray(value), dtype=torch.uint8) if value else torch.empty(int(length), dtype=torch.uint8)
            )
            dist.broadcast(data, 0, group=self.control)
        return data.numpy().tobytes()

    def tell(self, *numbers: int) -> list[int]:
        """The first process's numbers, in all of them."""
        message = torch.tensor(numbers)
        with contact():
            dist.broadcast(message, 0, group=self.control)
        return [int(number) for number in message]


ALONE = World()


@contextmanager
def contact() -> Iterator[None]:
    """Around every exchange. What torch raises when a process is gone, as one line."""
    try:
        yield
    except RuntimeError as error:
        raise LostContact("another process of the run has ended, or cannot be reached any more") from error


@contextmanager
def joined(device: str) -> Iterator[World]:
    """The world that torchrun has started this process in. On GPUs, the process gets the one with its local number.

    Raises ZooError if this machine has fewer GPUs than processes, or the device cannot be shared.
    """
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if device == "cuda":
        if local >= torch.cuda.device_count():
            raise ZooError(f"this machine has {torch.cuda.device_count()} GPUs; type --devices with a number up to that")
        torch.cuda.set_device(local)
    with contact():
        dist.init_process_group("nccl" if device == "cuda" else "gloo")
        control = dist.new_group(backend="gloo") if device == "cuda" else dist.group.WORLD
    try:
        yield World(dist.get_rank(), dist.get_world_size(), control)
    finally:
        dist.destroy_process_group()
