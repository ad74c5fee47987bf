"""A guided generator whose encoder is any timm backbone, a U-Net of which timm draws the left half.

Ronneberger et al. 2015, arXiv 1505.04597, for the form; Isola et al. 2017, arXiv 1611.07004, section 3.2, for pictures
out of drawings.
"""

from __future__ import annotations

import timm
import torch
from torch import Tensor, nn

from acme_backbone.options import BackboneOptions
from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding
from zoo_core.space import Space, halvings


class BackboneGenerator(Generator):
    """Latents (N, latent) and guides (N, K, size, size) -> images (N, C, size, size) in [-1, 1].

    The backbone halves the guide down to m x m, m in 4..7; there the latent joins, and every halving is a skip connection
    of the way up. An absent guide counts as zero. Raises ZooError for a backbone that timm does not have or that has no
    map for every halving.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: BackboneOptions) -> None:
        super().__init__()
        self.latent, self.guide = latent, (space.guide, space.size, space.size)
        start, halving = halvings(space.size)
        self.backbone, widths = encoder(options.backbone, space.guide, halving)
        self.labels = LabelEmbedding(space, options.embedding)
        code, width = latent + self.labels.size, options.width
        self.seed = nn.Sequential(nn.Linear(code, width * start**2), nn.Unflatten(1, (width, start, start)))
        self.stages = nn.ModuleList(upsampler.stage(width + below, width, code) for below in reversed(widths))
        self.blocks = nn.ModuleList(nn.Sequential(nn.BatchNorm2d(width), nn.LeakyReLU(0.2)) for _ in widths)
        self.head = upsampler.head(width + space.guide, space.channels, code)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        guide = z.new_zeros(len(z), *self.guide) if condition.guide is None else condition.guide
        w = torch.cat([z, self.labels(condition, z)], 1)  # (N, code)
        x = self.seed(w)  # (N, width, m, m)
        for stage, block, skip in zip(self.stages, self.blocks, reversed(self.backbone(guide)), strict=True):
            x = block(stage(torch.cat([x, skip], 1), w))  # twice as high and wide
        image: Tensor = self.head(torch.cat([x, guide], 1), w)
        return image


def encoder(name: str, channels: int, halving: int) -> tuple[nn.Module, list[int]]:
    """timm's network `name` up to its map at 1 / 2^halving, randomly initialised, and the channels of its `halving` maps."""
    if not timm.is_model(name):
        raise ZooError(f"timm has no backbone {name}; type --set generator.backbone=resnet10t")
    offered = timm.create_model(name, features_only=True, pretrained=False).feature_info.reduction()
    if [2 ** (i + 1) for i in range(halving)] != list(offered[:halving]):
        raise ZooError(
            f"{name} has maps at 1/{', 1/'.join(map(str, dict.fromkeys(offered)))}; type --set generator.backbone=resnet10t"
        )
    net = timm.create_model(name, features_only=True, out_indices=tuple(range(halving)), in_chans=channels, pretrained=False)
    return net, list(net.feature_info.channels())
