"""How much of what this machine can do an iteration gets done: operations counted, and the fastest convolution and matmul."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class Operations(TorchDispatchMode):
    """Counts the floating-point operations of convolutions and matrix products, those of backward passes of any order too.

    torch's own FlopCounterMode follows modules, and fails where a loss calls torch.autograd.grad.
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func._overloadpacket in flop_registry:
            self.count += flop_registry[func._overloadpacket](*args, **(kwargs or {}), out_val=out)
        return out


def operations(work: Callable[[], Any]) -> int:
    """How many of them `work()` does."""
    with Operations() as found:
        work()
    return found.count


def machine_peak(device: str, seconds: float = 1.0) -> dict[str, float]:
    """GFLOP/s in float32 of a large matmul and of three usual convolutions in NHWC, each the best of so many seconds.

    On a CPU by processor time, which other processes disturb less, as if all threads were busy throughout.
    """
    on = torch.device(device)

    def conv(channels: int, size: int) -> Callable[[], Tensor]:
        x = torch.randn(64, channels, size, size, device=on).to(memory_format=torch.channels_last)
        weight = torch.randn(channels, channels, 3, 3, device=on).to(memory_format=torch.channels_last)
        return lambda: torch.nn.functional.conv2d(x, weight, padding=1)

    a = torch.randn(1024, 1024, device=on)
    jobs = {"matmul 1024": lambda: a @ a, **{f"conv {c} at {s} px": conv(c, s) for c, s in ((64, 32), (128, 16), (256, 8))}}
    return {name: _best(work, on, seconds) for name, work in jobs.items()}


def _best(work: Callable[[], Tensor], device: torch.device, seconds: float) -> float:
    clock, share = (time.perf_counter, 1) if device.type == "cuda" else (time.process_time, torch.get_num_threads())
    count, best = operations(work), float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = clock()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, (clock() - started) / share)
    return round(count / best / 1e9, 1)
