"""Timing of two things that take turns, on a machine that others may use."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

QUIET = 0.06  # share of the machine that other processes may use in a sample that counts


@dataclass(frozen=True)
class Sample:
    wall: float  # seconds
    cpu: float  # seconds of this process
    foreign: float  # share of the machine that other processes used meanwhile


def sample(run: Callable[[], Any]) -> Sample:
    busy, cpu, start = _busy(), time.process_time(), time.perf_counter()
    run()
    wall, spent, after = time.perf_counter() - start, time.process_time() - cpu, _busy()
    foreign = 0.0 if busy is None or after is None else max(0.0, (after - busy - spent) / ((os.cpu_count() or 1) * wall))
    return Sample(wall, spent, foreign)


def race(contestants: Mapping[str, Callable[[], Any]], rounds: int = 7, warm_up: int = 2) -> dict[str, dict[str, float]]:
    """Let the contestants take turns in random order. The first is the baseline; ratios above 1 are faster than it.

    Medians are over quiet samples where there are at least three, else over all. `ratio_cpu` compares processor seconds,
    which other processes disturb less; the two agree on a quiet machine.
    """
    for run in contestants.values():
        for _ in range(warm_up):
            run()
    samples: dict[str, list[Sample]] = {name: [] for name in contestants}
    order = random.Random(0)
    for _ in range(rounds):
        for name in order.sample(list(contestants), len(contestants)):
            samples[name].append(sample(contestants[name]))
    found = {}
    for name, taken in samples.items():
        quiet = [item for item in taken if item.foreign < QUIET]
        kept = quiet if len(quiet) >= 3 else taken
        found[name] = {
            "wall_ms": 1e3 * statistics.median(item.wall for item in kept),
            "cpu_ms": 1e3 * statistics.median(item.cpu for item in kept),
            "quiet": len(quiet),
            "rounds": rounds,
        }
    first = found[next(iter(found))]
    for row in found.values():
        row |= {"ratio": first["wall_ms"] / row["wall_ms"], "ratio_cpu": first["cpu_ms"] / row["cpu_ms"]}
    return found


def _busy() -> float | None:
    """Seconds that all processors were busy since the start of the machine; None where /proc is not there."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(text) for text in file.readline().split()[1:]]
    except OSError:
        return None
    return (sum(fields) - fields[3] - fields[4]) / float(os.sysconf("SC_CLK_TCK"))
