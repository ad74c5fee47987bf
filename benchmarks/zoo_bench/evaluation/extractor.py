"""What a feature extractor is, and the check that torch-fidelity can be imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from zoo_bench.evaluation.weights_file import first_line
from zoo_core.errors import ZooError

PREFIX = "timm/"  # of the names of timm's models


@dataclass(frozen=True)
class Extractor:
    """A fixed function of images.

    network     (B, 3, H, W) uint8 -> features (B, d) and class logits (B, k), both float; k is 0 for a network without classes.
    batch       images per call; fixed, because sums in another order give other last digits.
    instead_of  name of the extractor that was asked for and could not be had.
    warnings    what the reader of a score must know of this extractor.
    """

    name: str
    weights_sha256: str
    layer: str
    resize: str
    network: Callable[[Tensor], tuple[Tensor, Tensor]]
    batch: int
    device: str = "cpu"
    instead_of: str = ""
    warnings: tuple[str, ...] = ()


def check_torch_fidelity() -> Any:
    """The module torch_fidelity. Raises ZooError if it cannot be imported, as with a torchvision of another torch."""
    try:
        import torch_fidelity  # type: ignore[import-untyped]
    except Exception as error:  # a mismatched torchvision raises RuntimeError while it is imported
        raise ZooError(
            f"torch-fidelity does not import ({first_line(error)}); type pip install -U torch torchvision torch-fidelity"
        ) from None
    return torch_fidelity
