"""What the data is. Plain values without torch, so that a recipe can be checked before torch is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SIZES = (16, 256)
CHANNELS = (1, 3, 4)
EDGE_THRESHOLD = 0.5  # how large a step between neighbours is an edge of a guide, where black to white is 2


@dataclass(frozen=True)
class Space:
    """The images a model is trained on.

    size      height and width in pixels.
    channels  1 (grey), 3 (RGB) or 4 (RGBA).
    labels    attribute name -> names of its values; the order gives the columns and numbers of a label tensor.
    guide     number of guide channels, 0 for none.
    """

    size: int
    channels: int = 3
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guide: int = 0

    @property
    def classes(self) -> tuple[int, ...]:
        """Number of values of each label attribute, in column order."""
        return tuple(len(values) for values in self.labels.values())

    def to_json(self) -> dict[str, Any]:
        """As JSON. Order in an object means nothing to other tools, so that of several labels is said in a list."""
        labels = {name: list(values) for name, values in self.labels.items()}
        order = {"order": list(labels)} if len(labels) > 1 else {}
        return {"size": self.size, "channels": self.channels, "labels": labels, "guide": self.guide, **order}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Space:
        """Raises KeyError, TypeError, ValueError or AttributeError for what is no space."""
        labels = {str(name): _values(values) for name, values in value.get("labels", {}).items()}
        order = value.get("order", list(labels))  # none was said by earlier versions
        if not isinstance(order, list) or len(order) != len(labels) or set(order) != labels.keys():
            raise ValueError("the order of the labels does not name each of them once")
        return Space(
            int(value["size"]), int(value["channels"]), {name: labels[name] for name in order}, int(value.get("guide", 0))
        )


def _values(values: Any) -> tuple[str, ...]:
    if isinstance(values, str) or len(set(map(str, values))) != len(values):
        raise ValueError("the values of a label are a list without repetitions")
    return tuple(map(str, values))


def halvings(size: int) -> tuple[int, int]:
    """Split `size` into (m, k) with size = m * 2**k and m in 4..7. (m of 3 and 8 are the same sizes: 3 * 16 = 6 * 8.)

    A generator starts from an m x m map and doubles it k times; a critic goes the other way.
    Returns k = 0 with m = size where the size cannot be halved that far.
    """
    m, k = size, 0
    while m % 2 == 0 and m >= 8:
        m, k = m // 2, k + 1
    return (m, k) if m <= 7 else (size, 0)


def size_problem(size: int) -> str | None:
    """Why the reference networks cannot work at this size, or None if they can."""
    low, high = SIZES
    if low <= size <= high and halvings(size)[1] > 0:
        return None
    good = [s for s in range(low, high + 1) if halvings(s)[1] > 0]
    near = min(good, key=lambda s: (abs(s - size), s))
    return f"size {size} does not fit: it must be m * 2^k with m in 3..8, from {low} to {high}; type --size {near}"
