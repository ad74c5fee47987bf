"""Which phases run from CUDA graphs, decided by trying on copies of the real networks and on real batches."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from zoo_core.errors import ZooError
from zoo_core.interfaces import Phase
from zoo_train.captured import WARM_UP, CudaGraph, Graph
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.precision import in_bfloat16
from zoo_train.run import Run
from zoo_train.self_check import cause, change, relative_error


def capture_phases(run: Run, data: DeviceData) -> dict[str, str]:
    """Set run.captured as `train.cuda_graph` says. Returns phase -> why, for those whose steps stay as they were.

    auto takes the phases that pass `problem`, where there is an NVIDIA GPU. Raises ZooError for on, where one does not.
    """
    asked = run.recipe.train.cuda_graph
    if asked == "off" or run.device.type != "cuda":
        return {}
    left = {phase.name: why for phase in run.phases if (why := problem(run, phase, data))}
    if left and asked == "on":
        name, why = next(iter(left.items()))
        raise ZooError(f"train.cuda_graph=on: phase {name} cannot be captured, because {why}; type --set train.cuda_graph=auto")
    run.captured = frozenset(phase.name for phase in run.phases) - left.keys()
    return left


def problem(run: Run, phase: Phase, data: DeviceData, graph: Callable[[torch.Generator], Graph] = CudaGraph) -> str:
    """What is wrong with replaying the phase's steps; "" if nothing is. Leaves the run as it was.

    A copy of the run is trained until the phase is replayed, on batches and random numbers that were not there at the
    recording. Its last iteration is also done by two plain copies. The weights that the phase trains may be away from these by
    no more than these are from each other and a rounding (self_check.EXACT).
    """
    if data.world.size > 1:
        return "several processes exchange gradients in each step"
    replayed = _copied(run, frozenset({phase.name}))
    try:
        steps = train(replayed, data, graph=graph)
        for _ in range(WARM_UP + 1):
            next(steps)
        plain = [_copied(replayed) for _ in range(2)]
        before = _weights(replayed, phase)
        next(steps)
    except Exception as error:  # whatever a loss, an optimizer or CUDA raises
        return cause(error)
    for other in plain:
        next(train(other, data))
    truth, again = (_weights(other, phase) - before for other in plain)
    bf16 = in_bfloat16(run.precision, phase.name)
    different = change(_weights(replayed, phase) - before, truth, bf16, noise=relative_error(again, truth))
    return different and f"its step {different}"


def _copied(run: Run, captured: frozenset[str] = frozenset()) -> Run:
    parts = (run.nets, run.optimizers, run.average, run.adaptive)
    nets, optimizers, average, adaptive = copy.deepcopy(parts)  # together: optimizers hold the networks' own weights
    return dataclasses.replace(
        run, nets=nets, optimizers=optimizers, average=average, adaptive=adaptive, captured=captured, total=None
    )


def _weights(run: Run, phase: Phase) -> Tensor:
    return torch.cat([p.detach().float().flatten() for name in phase.trains for p in run.nets[name].parameters()])
