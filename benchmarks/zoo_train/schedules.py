"""How the learning rate goes over a run: a function of the iteration alone, so that a resume needs no state."""

from __future__ import annotations

import math
from functools import lru_cache

import torch

from zoo_core.errors import ZooError
from zoo_core.recipe.train_options import TrainOptions


def rate_factor(options: TrainOptions, iteration: int, total: int | None) -> float:
    """What the learning rate is multiplied by in iteration number `iteration`, from 0; in (0, 1] before the last one.

    Warm-up is linear: the first iteration has 1 / warmup of it. Unless the schedule is timm's, the first half of a run is
    constant, so that its length may be settled late. While the length is unknown, every schedule is constant.
    """
    warm = min(1.0, (iteration + 1) / options.warmup) if options.warmup else 1.0
    if options.schedule == "constant" or total is None:
        return warm
    library, _, name = options.schedule.rpartition("/")
    if library:
        return warm * _timm_factor(name, min(iteration, total), total)
    late = max(0.0, 2 * iteration / total - 1)  # 0 up to the middle, 1 at the end
    return warm * (max(0.0, 1 - late) if name == "linear" else 0.5 * (1 + math.cos(math.pi * min(1.0, late))))


def check_schedule(options: TrainOptions) -> None:
    """Raises ZooError if the schedule's library is not installed."""
    if "/" in options.schedule:
        _timm_scheduler(options.schedule.partition("/")[2], 1)


def _timm_factor(name: str, iteration: int, total: int) -> float:
    optimizer, scheduler = _timm_scheduler(name, total)
    scheduler.step(iteration)  # timm's schedulers are functions of the step
    return float(optimizer.param_groups[0]["lr"])


@lru_cache(maxsize=4)
def _timm_scheduler(name: str, total: int):  # type: ignore[no-untyped-def]  # timm has no types
    """A scheduler of timm over `total` steps, with the optimizer that it moves; its learning rate starts at 1."""
    try:
        from timm.scheduler import create_scheduler_v2  # type: ignore[attr-defined]
    except ImportError:
        raise ZooError(f"train.schedule=timm/{name} needs timm; type pip install timm") from None
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, _ = create_scheduler_v2(optimizer, sched=name, num_epochs=total, min_lr=0.0)
    return optimizer, scheduler
