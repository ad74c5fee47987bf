"""Does memory stay flat over thousands of iterations, and is the cost linear in images?

    python benchmarks/speed/limits.py [--iterations 5000] [--threads 1] [--save]

Memory: a tiny WGAN-GP at 16 px, looked at ten times. Flat: the last look is within 1 % of the one after a tenth of them.
Cost: processor milliseconds per image of a WGAN-GP at 32 px in batches of 32, 64 and 128, which take turns; linear: the largest
batch costs at most 15 % more per image than the smallest. With --save, results are appended to benchmarks/results/speed.jsonl.
Exit code 1 if one of them does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import torch
from measure import race

from zoo_bench.run.hardware import hardware
from zoo_core.registry.catalog import discover
from zoo_testing.noise import noise_images
from zoo_testing.small import tiny_recipe
from zoo_train.allocator import keep_heap
from zoo_train.data import DeviceData
from zoo_train.engine import Step, train
from zoo_train.run import build

RESULTS = Path(__file__).parents[1] / "results" / "speed.jsonl"
BATCHES = (32, 64, 128)
FLAT, LINEAR = 0.01, 0.15


def steps_of(settings: list[str], size: int) -> Generator[Step, None, None]:
    recipe = tiny_recipe("wgan_gp", settings, size=size)
    run = build(recipe, discover())
    return train(run, DeviceData(noise_images(recipe.space, 256), recipe.train, recipe.seed, run.device))


def resident() -> int:
    """Bytes of this process that are in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(iterations: int) -> list[int]:
    """Bytes in memory after each tenth of the iterations; the terms are read every tenth iteration, as a run does."""
    steps, looks = steps_of([], 16), []
    for step in steps:
        if step.iteration % 10 == 0:
            step.values()
        if step.iteration % (iterations // 10) == 0:
            looks.append(resident())
        if step.iteration == iterations:
            return looks
    raise AssertionError("an endless run has ended")


def linear(rounds: int) -> dict[int, float]:
    """Batch -> milliseconds per image."""

    def iteration(batch: int) -> Callable[[], Any]:
        steps = steps_of([f"train.batch={batch}", "generator.width=8", "critic.width=16", "generator.max_width=64"], 32)
        return lambda: next(steps)

    rows = race({str(batch): iteration(batch) for batch in BATCHES}, rounds)
    return {batch: rows[str(batch)]["cpu_ms"] / batch for batch in BATCHES}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save", action="store_true", help=f"append to {RESULTS.name}")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    keep_heap()
    looks = memory(given.iterations)
    growth = looks[-1] / looks[0] - 1
    each = linear(given.rounds)
    excess = each[BATCHES[-1]] / each[BATCHES[0]] - 1
    print(f"memory: {looks[0] / 2**20:.1f} MiB, then {growth:+.2%} after {given.iterations} iterations")
    print("cost per image: " + ", ".join(f"{ms:.3f} ms in batches of {batch}" for batch, ms in each.items()))
    good = growth <= FLAT and excess <= LINEAR
    if given.save:
        record = {"job": "limits", "threads": given.threads, "torch": torch.__version__, "hardware": hardware()}
        details = {"iterations": given.iterations, "bytes": looks, "ms_per_image": each, "holds": good}
        with open(RESULTS, "a", encoding="utf-8") as file:
            file.write(json.dumps(record | {"details": details}) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
