"""Sliced Wasserstein generator: Deshpande et al. 2018, arXiv 1803.10492, algorithm 1. No critic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn.functional import normalize

from acme_sliced.options import SlicedOptions
from zoo_core.interfaces import Batch, Draw, Nets, Objective, Parts, Phase
from zoo_core.prior import Prior


class Sliced(Objective):
    def __init__(self, options: SlicedOptions) -> None:
        self.directions = options.directions
        self.prior = Prior(options.latent)

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        return {"generator": parts.generator(self.prior.size)}

    def phases(self) -> Sequence[Phase]:
        return (Phase("generator", trains=("generator",), loss=self.loss, bf16=False),)  # sorting needs every bit

    def loss(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        generated = nets["generator"](draw.latent(len(batch.images)), batch.condition)
        directions = normalize(draw.normal(batch.images[0].numel(), self.directions), dim=0)
        return {"distance": sliced_distance(batch.images.flatten(1), generated.flatten(1), directions)}


def sliced_distance(a: Tensor, b: Tensor, directions: Tensor) -> Tensor:
    """Mean squared Wasserstein-2 distance of (N, D) and (N, D) along unit directions (D, K); 0 for equal sets."""
    return ((a @ directions).sort(0).values - (b @ directions).sort(0).values).square().mean()
