"""Which phases run in bfloat16, and whether products are TF32, decided by trying on the real networks and a real batch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Phase, total_loss
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.run import Run

AGREEMENT = 0.99  # least cosine between the gradients of a phase in bfloat16 and in float32


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32 here: on a processor without it, it is emulated and several times slower."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    if device.type == "cpu":
        capabilities: Mapping[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def choose_precision(run: Run, data: DeviceData) -> dict[str, str]:
    """Phase -> "bf16: reason" or "fp32: reason", from the recipe's `train.precision`.

    bf16 takes it wherever the objective allows it; auto also wants the hardware, and the gradient of every phase at the
    start of the run to agree with float32's (`AGREEMENT`). Leaves the run as it was.
    """
    asked = run.recipe.train.precision
    if asked == "fp32":
        return {phase.name: "fp32: asked for" for phase in run.phases}
    if asked == "auto" and not has_bfloat16(run.device):
        return {phase.name: "fp32: no bfloat16 on this device" for phase in run.phases}
    found = {}
    for place, phase in enumerate(run.phases):
        if not phase.bf16:
            found[phase.name] = "fp32: the objective does not tolerate bfloat16"
        elif asked == "bf16":
            found[phase.name] = "bf16: asked for"
        else:
            cosine = gradient_cosine(run, phase, place, data)
            chosen = "bf16" if cosine > AGREEMENT else "fp32"
            agreement = f"cosine {cosine:.4f} between its gradients in bf16 and fp32"
            found[phase.name] = f"{chosen}: {'its turn comes later' if math.isnan(cosine) else agreement}"
    return found


def gradient_cosine(run: Run, phase: Phase, place: int, data: DeviceData) -> float:
    """Cosine between the gradients of one step of a phase in bfloat16 and in float32; nan if it has no step now."""
    exact, rough = (phase_gradient(run, phase, place, data, bf16).double() for bf16 in (False, True))
    return float(torch.nn.functional.cosine_similarity(exact, rough, dim=0))


def use_tf32(run: Run, data: DeviceData) -> bool:
    """Settle, for this process, whether products of float32 numbers are TF32 (10 bits of mantissa): the recipe's `train.tf32`.

    auto takes it on GPUs that have it, if the gradient of every phase agrees with float32's as bfloat16's must.
    """
    asked = run.recipe.train.tf32
    able = run.device.type == "cuda" and torch.cuda.get_device_capability()[0] >= 8
    chosen = asked == "on" or (
        asked == "auto" and able and all(_tf32_agrees(run, *item, data) for item in enumerate(run.phases))
    )
    _set_tf32(chosen)
    return chosen


def _tf32_agrees(run: Run, place: int, phase: Phase, data: DeviceData) -> bool:
    def gradient(on: bool) -> Tensor:
        _set_tf32(on)
        return phase_gradient(run, phase, place, data, bf16=False).double()

    cosine = float(torch.nn.functional.cosine_similarity(gradient(False), gradient(True), dim=0))
    return math.isnan(cosine) or cosine > AGREEMENT


def _set_tf32(on: bool) -> None:
    torch.backends.cuda.matmul.allow_tf32 = on
    torch.backends.cudnn.allow_tf32 = on


def phase_gradient(
    run: Run, phase: Phase, place: int, data: DeviceData, bf16: bool, prepare: Callable[[dict[str, nn.Module]], object] = dict
) -> Tensor:
    """All gradients of one step of a phase as one vector, or a single nan if it has no step now. Leaves the run as it was.

    prepare  is given copies of the networks first.
    """
    nets = copy.deepcopy(run.nets)  # batch norm keeps statistics of what it sees
    prepare(nets)
    for name, net in nets.items():
        net.train().requires_grad_(name in phase.trains)
    draw = CounterDraw(run.recipe.seed, run.prior, run.device).at(run.iteration, place, 0)
    torch.manual_seed(0)
    with autocast(run.device, bf16):
        losses = phase.loss(nets, data.batch(0, run.layout), draw)
    if not losses:
        return torch.tensor([torch.nan])
    total = total_loss(losses)
    parameters = [p for name in phase.trains for p in nets[name].parameters()]
    gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    found = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)]
    return torch.cat([gradient.float().flatten() for gradient in found])


def autocast(device: torch.device, bf16: bool) -> torch.autocast:
    """bfloat16 where `bf16`. Without the cache of cast weights: before torch 2.10 a weight that is first used under no_grad
    loses its gradient in the rest of the block (pytorch issue 112583).
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16, cache_enabled=False)


def in_bfloat16(chosen: Mapping[str, str], phase: str) -> bool:
    return chosen.get(phase, "fp32").startswith("bf16")
