"""torch.compile for the networks that stay the same under it.

Compiled code has no second derivative. A penalty through a compiled critic fails, or is silently dropped (pytorch issue 91469),
so no network is compiled unless one step of every phase has shown that all gradients stay what they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torch import nn

from zoo_core.errors import ZooError
from zoo_train.data import DeviceData
from zoo_train.precision import in_bfloat16, phase_gradient
from zoo_train.run import Run
from zoo_train.self_check import cause, change


def compile_networks(run: Run, data: DeviceData, backend: str = "inductor") -> dict[str, str]:
    """Compile networks of the run in place, as `train.compile` says. Returns name -> why, for those that stay as they were.

    auto tries all together, then each by itself. Raises ZooError for on, where a network cannot be compiled.
    """
    asked = run.recipe.train.compile
    if asked == "off":
        return {}
    if data.world.size > 1:
        return dict.fromkeys(run.nets, "several processes share their layers")
    left: dict[str, str] = {}
    if problem := _problem(run, data, run.nets.keys(), backend):
        alone = {name: _problem(run, data, [name], backend) for name in run.nets} if len(run.nets) > 1 else {}
        left = {name: why for name in run.nets if (why := alone.get(name, problem))}
        if not left or (len(left) < len(run.nets) and _problem(run, data, run.nets.keys() - left.keys(), backend)):
            left = dict.fromkeys(run.nets, problem)
    if left and asked == "on":
        name, why = next(iter(left.items()))
        raise ZooError(f"train.compile=on: {name} cannot be compiled, because {why}; type --set train.compile=auto")
    _compile(run.nets, run.nets.keys() - left.keys(), backend)
    return left


def _problem(run: Run, data: DeviceData, names: Collection[str], backend: str) -> str:
    """What is wrong with one step of a phase whose networks `names` are compiled; "" if nothing is."""
    for place, phase in enumerate(run.phases):
        bf16 = in_bfloat16(run.precision, phase.name)
        truth = phase_gradient(run, phase, place, data, bf16)
        try:
            found = phase_gradient(run, phase, place, data, bf16, lambda nets: _compile(nets, names, backend))
        except Exception as error:  # whatever a compiler raises
            return f"phase {phase.name} fails ({cause(error)})"
        if different := change(found, truth, bf16):  # not if the phase has no step now: nan
            return f"the gradient of phase {phase.name} {different}"
    return ""


def _compile(nets: Mapping[str, nn.Module], names: Collection[str], backend: str) -> None:
    # Random numbers as in eager mode, so that dropout is the same.
    options = {"fallback_random": True} if backend == "inductor" else None
    for name in names:
        nets[name].compile(backend=backend, options=options)
