"""The weights of a generator, read into it strictly and within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn.modules.module import register_module_buffer_registration_hook, register_module_parameter_registration_hook

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition, Generator
from zoo_core.prior import Prior
from zoo_core.registry.names import one_line
from zoo_core.space import Space

MOST_WEIGHTS = 100_000_000  # of a model that was not said to be large
MOST_NUMBERS = 2**27  # in the largest activation of one batch: 512 MiB in fp32
BATCH = 64
FLOATS = {"F16", "BF16", "F32", "F64"}  # read into one another; everything else must be what the generator has
TYPES = {torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


@contextmanager
def at_most(weights: int | None) -> Iterator[None]:
    """Raises ZooError as soon as the modules built inside hold more weights; None: no bound.

    A weight is counted when its module takes it, which is before it is given numbers: until then it occupies no memory.
    """
    if weights is None:
        yield
        return
    count = 0

    def add(module: nn.Module, name: str, value: Tensor | None) -> None:
        nonlocal count
        count += 0 if value is None else value.numel()
        if count > weights:
            raise ZooError(f"the model has more than {weights:,} weights; if you trust it, type --allow-large")

    hooks = [register_module_parameter_registration_hook(add), register_module_buffer_registration_hook(add)]
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # one weight larger than the memory
        raise ZooError(f"the model cannot be built: {one_line(str(error), 200)}") from None
    finally:
        for hook in hooks:
            hook.remove()


def load_weights(generator: nn.Module, path: Path) -> None:
    """Read a safetensors file into the generator: the same names and shapes, floats of any width, all of them finite.

    Names, shapes and types are compared before any tensor is read. Raises ZooError, one line.
    """
    expected = generator.state_dict()
    try:
        if not path.is_file():  # a pipe or a device never ends
            raise FileNotFoundError
        with safe_open(path, "pt") as file:
            if problem := _difference(file, expected):
                raise ZooError(f"{path} does not fit its configuration: {problem}")
            tensors = {name: file.get_tensor(name) for name in expected}
            broken = [name for name, value in tensors.items() if value.is_floating_point() and not value.isfinite().all()]
            if broken:
                raise ZooError(f"{path} holds weights that are not finite ({broken[0]}); download or train the model again")
            generator.load_state_dict(tensors, strict=True)
    except FileNotFoundError:
        raise ZooError(f"{path.parent} holds no {path.name}; download or train the model again") from None
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = one_line(str(error), 200)
        raise ZooError(f"{path} is damaged, or does not fit its configuration: {reason}; download it again") from None


def _difference(file: Any, expected: dict[str, Tensor]) -> str:
    """The first thing in which file and generator differ, "" if none."""
    there = set(file.keys())
    if missing := [name for name in expected if name not in there]:
        return f"{len(missing)} weights are missing, {missing[0]} the first"
    if surplus := sorted(there - expected.keys()):
        return f"{len(surplus)} weights are too many, {one_line(surplus[0], 80)} the first"
    for name, value in expected.items():
        part = file.get_slice(name)
        shape, kind = list(part.get_shape()), str(part.get_dtype())
        if shape != list(value.shape):
            return f"{name} has shape {shape}, not {list(value.shape)}"
        if kind not in (FLOATS if value.is_floating_point() else {TYPES.get(value.dtype)}):
            return f"{name} holds {kind} numbers, not {'floats' if value.is_floating_point() else TYPES.get(value.dtype)}"
    return ""


@torch.inference_mode()
def batch_that_fits(generator: Generator, space: Space, prior: Prior) -> int:
    """How many images can be drawn at once, at most BATCH, so that no activation has more than MOST_NUMBERS numbers.

    Draws one image. Raises ZooError if the generator fails or gives another shape than the space.
    """
    largest = 1

    def look(module: nn.Module, inputs: object, output: object) -> None:
        nonlocal largest
        if isinstance(output, Tensor):
            largest = max(largest, output.numel())

    hooks = [module.register_forward_hook(look) for module in generator.modules()]
    device = next(generator.parameters()).device
    labels = torch.zeros(1, len(space.classes), dtype=torch.int64, device=device) if space.labels else None
    guide = torch.zeros(1, space.guide, space.size, space.size, device=device) if space.guide else None
    try:
        image = generator(torch.zeros(1, prior.size, device=device), Condition(labels, guide))
    except (RuntimeError, IndexError, MemoryError) as error:
        raise ZooError(f"the model cannot draw: {one_line(str(error), 200)}") from None
    finally:
        for hook in hooks:
            hook.remove()
    if image.shape != (1, space.channels, space.size, space.size):
        raise ZooError(f"the model draws images of shape {tuple(image.shape)}, not of its configuration")
    return max(1, min(BATCH, MOST_NUMBERS // largest))
