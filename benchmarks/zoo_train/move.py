"""How batches that are read ahead come to the device of the training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Arrived = Callable[[], tuple[Tensor, ...]]
Move = Callable[..., Arrived]
"""Tensors on the CPU -> a function that returns them on the device. The first is called by the thread that reads ahead, the
second by the one that trains."""

ROOM = 0.5  # of a GPU's free memory: the most that a whole set of images may take


def fits(size: int, device: torch.device) -> bool:
    """Whether so many bytes may lie on the device as long as the run lasts."""
    return device.type != "cuda" or size <= ROOM * torch.cuda.mem_get_info(device)[0]


def move_to(device: torch.device) -> Move:
    """To a GPU by a stream of its own, beside what is computed; elsewhere when asked."""
    return upload(device) if device.type == "cuda" else lambda *tensors: lambda: tuple(t.to(device) for t in tensors)


def upload(device: torch.device) -> Move:
    """From pinned memory, which a GPU reads by itself. Whoever computes with it waits for the copy on the GPU alone."""
    stream: Any = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def start(*tensors: Tensor) -> Arrived:
        with torch.cuda.stream(stream):
            moved = tuple(tensor.pin_memory().to(device, non_blocking=True) for tensor in tensors)
            copied = stream.record_event()

        def arrived() -> tuple[Tensor, ...]:
            current: Any = torch.cuda.current_stream(device)
            current.wait_event(copied)
            for tensor in moved:
                tensor.record_stream(current)  # its memory is not given to a later copy while this stream uses it
            return moved

        return arrived

    return start
