"""Checkpoints: one safetensors file each, with everything a run needs to go on to the same bytes.

The header's metadata holds one JSON object: the state that is no tensor, whose run it is, and the SHA-256 of all of that and of
the tensors. So one flipped bit anywhere, and a checkpoint of another run, are found before anything of the run is touched.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from zoo_core.errors import RunFailure
from zoo_core.files import write_bytes
from zoo_train.run import Run


def save_checkpoint(run: Run, folder: Path, keep: int = 2) -> Path:
    """Write folder/<iteration>.safetensors and remove all but the newest `keep`. Raises RunFailure if the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.iteration:08d}.safetensors"
    write_bytes(path, checkpoint_bytes(run))
    for old in checkpoints(folder)[keep:]:
        old.unlink(missing_ok=True)
    return path


def checkpoint_bytes(run: Run) -> bytes:
    """What the file of a checkpoint holds."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in _tensors(run).items()}
    state = {
        "iteration": run.iteration,
        "total": run.total,
        "seconds": run.seconds,
        "rollbacks": run.rollbacks,
        "run": _identity(run),
        "optimizers": {name: _plain(optimizer.state_dict()["state"]) for name, optimizer in run.optimizers.items()},
        "groups": {
            name: [_own(group, optimizer) for group in optimizer.param_groups] for name, optimizer in run.optimizers.items()
        },
    }
    return save(tensors, {"zoo": json.dumps({**state, "sha256": _digest(json.loads(json.dumps(state)), tensors)})})


def checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in a folder, newest first."""
    found = (path for path in folder.glob("*.safetensors") if re.fullmatch(r"\d{8,}", path.stem) and path.is_file())
    return sorted(found, key=lambda path: int(path.stem), reverse=True)


def load_newest(run: Run, folder: Path) -> tuple[Path | None, list[str]]:
    """Put the newest intact checkpoint into the run. Returns its path, if there is one, and a warning per damaged one."""
    warnings: list[str] = []
    found = checkpoints(folder)
    for path in found:
        try:
            load_checkpoint(run, path)
            return path, warnings
        except RunFailure as error:
            warnings.append(f"{error}; {'there is none before it' if path == found[-1] else 'the one before it is used'}")
    return None, warnings


def load_checkpoint(run: Run, path: Path) -> None:
    """Raises RunFailure if the file is damaged or belongs to another run or other networks; the run is then unchanged."""
    try:
        state, tensors = _read(path)
        if "run" in state and (differing := _differing(state["run"], _identity(run))):
            raise ValueError(f"it is of another run, with other {differing}")
        target = network_tensors(run) | _adaptive(run)
        for name, value in target.items():
            if name not in tensors or tensors[name].shape != value.shape:
                raise ValueError(f"it does not fit these networks ({name})")
        counters = _counters(state)
        optimizers = {name: _optimizer_state(run, name, state, tensors) for name in run.optimizers}
    except (OSError, SafetensorError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        said = error if isinstance(error, OSError | SafetensorError | ValueError) else f"{type(error).__name__} {error}"
        raise RunFailure(f"checkpoint {path} cannot be used: {said}") from error
    with torch.no_grad():
        for name, value in target.items():
            value.copy_(tensors[name])
    for name, (restored, groups) in optimizers.items():
        optimizer = run.optimizers[name]
        optimizer.load_state_dict({"state": restored, "param_groups": optimizer.state_dict()["param_groups"]})
        for group, values in zip(optimizer.param_groups, groups, strict=False):
            group.update(values)
    run.iteration, run.total, run.seconds, run.rollbacks = counters


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """State and tensors of a file that is what was written. Raises what a damaged file raises."""
    with safe_open(path, framework="pt") as file:
        state = json.loads((file.metadata() or {})["zoo"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    stated = state.pop("sha256")
    if stated != _digest(state if "run" in state else None, tensors):  # before, only the tensors were in the sum
        raise ValueError("its checksum does not match")
    return state, tensors


def _identity(run: Run) -> dict[str, Any]:
    """What a run keeps from its start to its end, as JSON: options and budgets may be changed on the way."""
    recipe = run.recipe
    found = {"seed": recipe.seed, "parts": dict(recipe.parts), "space": recipe.space.to_json(), "images": run.images_sha256}
    return dict(json.loads(json.dumps(found)))


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    return ", ".join(key for key in other if one.get(key) != other[key])


def _counters(state: Mapping[str, Any]) -> tuple[int, int | None, float, int]:
    """(iteration, total, seconds, rollbacks)."""
    iteration, total, seconds, rollbacks = state["iteration"], state["total"], state["seconds"], state.get("rollbacks", 0)
    if not all(type(count) is int and count >= 0 for count in (iteration, 0 if total is None else total, rollbacks)):
        raise ValueError("its counters are no counts")
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"it took {seconds} seconds")
    return iteration, total, float(seconds), rollbacks


def _optimizer_state(
    run: Run, name: str, state: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> tuple[dict[int, dict[str, Any]], list[dict[str, Any]]]:
    """State of each parameter by its number, and what each group has of its own."""
    restored: dict[int, dict[str, Any]] = {int(i): dict(values) for i, values in state["optimizers"][name].items()}
    parameters = [parameter for group in run.optimizers[name].param_groups for parameter in group["params"]]
    prefix = f"optimizer.{name}."
    for key, tensor in tensors.items():
        if key.startswith(prefix):
            index, _, field = key.removeprefix(prefix).partition(".")
            like = parameters[int(index)]
            # A fused optimizer walks through memory: its state must lie there as the parameter does.
            value = torch.empty_like(like).copy_(tensor) if tensor.shape == like.shape else tensor
            restored.setdefault(int(index), {})[field] = value
    return restored, [_restored(values, run.device) for values in state.get("groups", {}).get(name, ())]


def network_tensors(run: Run) -> dict[str, Tensor]:
    """The live tensors of all networks ("net.<name>.<key>") and of the averaged generator ("average.<key>")."""
    found = {f"net.{name}.{key}": value for name, net in run.nets.items() for key, value in net.state_dict().items()}
    return found | {f"average.{key}": value for key, value in run.average.state_dict().items()}


def _tensors(run: Run) -> dict[str, Tensor]:
    """All tensors of a run by name; those of networks are the live ones."""
    found = network_tensors(run) | _adaptive(run)
    for name, optimizer in run.optimizers.items():
        for index, values in optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{name}.{index}.{key}": v for key, v in values.items() if isinstance(v, Tensor)}
    return found


def _adaptive(run: Run) -> dict[str, Tensor]:
    return {} if run.adaptive is None else {f"adaptive.{key}": value for key, value in run.adaptive.state_dict().items()}


def _own(group: Mapping[str, Any], optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """What an optimizer keeps beside its options, such as a count of steps, a scalar tensor as a list of its number.

    The learning rate is not among it: it is set in each iteration.
    """
    kept = {key: value for key, value in group.items() if key not in ("params", "lr")}
    scalars = {
        key: [value.item()] if isinstance(value, Tensor) and value.numel() == 1 else value for key, value in kept.items()
    }
    own = {key: value for key, value in scalars.items() if value != optimizer.defaults.get(key)}
    return {key: value for key, value in own.items() if isinstance(value, bool | int | float | list)}


def _restored(values: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    return {key: torch.tensor(value[0], device=device) if isinstance(value, list) else value for key, value in values.items()}


def _plain(state: Mapping[int, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        str(i): {key: value for key, value in values.items() if not isinstance(value, Tensor)} for i, values in state.items()
    }


def _digest(state: Mapping[str, Any] | None, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of the tensors, with their names, types and shapes, and of a state as JSON reads it, if there is one."""
    digest = hashlib.sha256(b"" if state is None else json.dumps(state, sort_keys=True).encode())
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
