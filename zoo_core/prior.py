"""The distribution that latents are drawn from: a plain value that travels with the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

PRIORS = ("normal", "uniform", "mixture", "swiss_roll")


@dataclass(frozen=True)
class Prior:
    """`size` numbers per sample, from N(0, I), uniform on [-1, 1], or one of the AAE paper's two-dimensional shapes.

    mixture     `modes` Gaussians placed like the petals of a flower in every consecutive pair of coordinates
                (Makhzani et al. 2015, arXiv 1511.05644, section 2.3 and figure 4).
    swiss_roll  a noisy spiral in every consecutive pair of coordinates (the same section).
    """

    size: int
    name: str = "normal"
    modes: int = 10

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Prior:
        return Prior(int(value["size"]), str(value.get("name", "normal")), int(value.get("modes", 10)))
