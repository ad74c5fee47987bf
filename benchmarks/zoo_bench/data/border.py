"""What a dataset returns is checked where it comes in: a plugin's mistake would otherwise be scored without a word."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import ZooError
from zoo_core.images import Images


def checked(images: object, id: str, size: int, channels: int, labels: Sequence[str]) -> Images:
    """The images of dataset `id`, with arrays that nothing behind can change. Raises ZooError that names what is wrong."""
    if not isinstance(images, Images):
        raise ZooError(f"dataset {id} is broken: load gave {type(images).__name__}, not Images")
    if problem := _problem(images, size, channels, labels):
        raise ZooError(f"dataset {id} is broken: {problem}; tell its author, zoo check finds it, too")
    arrays = {name: _frozen(getattr(images, name)) for name in ("pixels", "labels", "held_out")}
    return dataclasses.replace(images, **arrays)  # type: ignore[arg-type]


def _problem(images: Images, size: int, channels: int, labels: Sequence[str]) -> str:
    space = images.space
    if (space.size, space.channels, tuple(space.labels)) != (size, channels, tuple(labels)):
        return f"its space is not what was asked for: {size} pixels, {channels} channels, labels {', '.join(labels) or 'none'}"
    count = len(images.names)
    expected = {
        "pixels": (np.uint8, (count, size, size, channels)),
        "labels": (np.int64, (count, len(labels))),
        "held_out": (np.bool_, (count,)),
    }
    for name, (kind, shape) in expected.items():
        array = getattr(images, name)
        if not isinstance(array, np.ndarray):
            return f"{name} is {type(array).__name__}, not an array"
        if array.dtype != kind or array.shape != shape:
            return f"{name} is {array.dtype} {array.shape}, not {np.dtype(kind)} {shape}"
    if not all(isinstance(name, str) for name in images.names):
        return "names are not all text"
    if ((images.labels < -1) | (images.labels >= np.array(space.classes, np.int64))).any():
        return "labels hold numbers that name no value"
    return "" if images.held_out.sum() < count else "no image is left to train on"


def _frozen(array: NDArray[np.generic]) -> NDArray[np.generic]:
    view = array.view()
    view.flags.writeable = False
    return view
