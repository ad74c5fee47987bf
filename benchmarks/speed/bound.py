"""How fast could an iteration be at best: its convolutions and matrix products alone, each in the layout that suits it.

    python benchmarks/speed/bound.py [--job A B C] [--threads 1] [--rounds 5] [--save]

The operators that one iteration of the engine calls in fp32 are recorded, forward and backward, and each is timed alone on
inputs of its shapes, contiguous and in NHWC, backward passes once for each gradient. The sum of the shorter times is what is
left if all else cost nothing and no tensor had to change its layout. The other bound is the count of operations at the rate
of the machine's fastest convolution or product. Processor time of one job each, with the naive loop's of race.py beside it.
With --save, lines are appended to benchmarks/results/speed.jsonl.
"""

from __future__ import annotations

import collections
import time
from collections.abc import Callable, Hashable
from typing import Any

import torch
from measure import race
from peak import machine_peak, operations
from race import JOBS, asked, save
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

LAYOUTS = (torch.contiguous_format, torch.channels_last)


Call = tuple[Any, tuple[Hashable, ...]]  # operator; arguments, with shapes for tensors


class Calls(TorchDispatchMode):
    """Counts the calls of convolutions and matrix products, backward ones too."""

    def __init__(self) -> None:
        super().__init__()
        self.found: collections.Counter[Call] = collections.Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._overloadpacket in flop_registry:
            self.found[func, tuple(_described(value) for value in args)] += 1
        return func(*args, **(kwargs or {}))


def calls(work: Callable[[], Any]) -> collections.Counter[Call]:
    with Calls() as found:
        work()
    return found.found


def alone(call: Call, layout: torch.memory_format, rounds: int) -> float:
    """Processor seconds of a call, the shortest of so many; of a backward pass, summed over its gradients."""
    func, values = call[0], arguments(call, layout)
    if func is not torch.ops.aten.convolution_backward.default:
        return _shortest(lambda: func(*values), rounds)
    *rest, mask = values
    parts = [[i == j for j in range(3)] for i in (0, 1) if mask[i]]  # that of the bias goes with the others
    return sum(_shortest(lambda part=part: func(*rest, part), rounds) for part in parts)


def arguments(call: Call, layout: torch.memory_format) -> list[Any]:
    """What to call the operator with: random numbers for tensors."""
    return [_value(item, layout) for item in call[1]]


def bounds(job: str, rounds: int) -> dict[str, float]:
    """Processor milliseconds of an iteration: of the naive loop, of the engine, and of the engine's operators alone."""
    contestants, _ = JOBS[job]()
    naive, engine = list(contestants)[:2]
    rows = race({name: contestants[name] for name in (naive, engine)}, rounds, warm_up=1)
    operators = calls(contestants[engine])
    least = sum(count * min(alone(call, layout, rounds) for layout in LAYOUTS) for call, count in operators.items())
    found = {"naive": rows[naive]["cpu_ms"], "zoo": rows[engine]["cpu_ms"], "operators": 1e3 * least}
    return found | {"gflop": operations(contestants[engine]) / 1e9}


def _described(value: Any) -> Hashable:
    if isinstance(value, Tensor):
        return torch.Size(value.shape)
    return tuple(value) if isinstance(value, list) else value


def _value(described: Any, layout: torch.memory_format) -> Any:
    if isinstance(described, torch.Size):
        value = torch.randn(described)
        return value.contiguous(memory_format=layout) if value.dim() == 4 else value
    return list(described) if isinstance(described, tuple) else described


def _shortest(work: Callable[[], Any], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds + 1):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    given = asked(__doc__, ("A", "B", "C"), threads=1, rounds=5)
    peak = max(machine_peak("cpu").values())
    print(f"fastest convolution or product: {peak:g} GFLOP/s, {given.threads} threads")
    for job in given.job:
        found = bounds(job, given.rounds)
        found["at peak"] = 1e3 * found["gflop"] / (peak / given.threads)
        ratios = {name: found["naive"] / found[name] for name in ("zoo", "operators", "at peak")}
        for name, ratio in {"naive": 1.0, **ratios}.items():
            print(f"job {job}  {name:10} {found[name]:9.1f} ms  x{ratio:.2f}", flush=True)
        if given.save:
            save(f"bound {job}", given.threads, peak_gflops=peak, ms=found, ratios=ratios)


if __name__ == "__main__":
    main()
