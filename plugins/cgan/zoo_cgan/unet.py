"""A generator with skip connections from the guide.

Ronneberger et al. 2015, arXiv 1505.04597; as a generator Isola et al. 2017, arXiv 1611.07004, section 3.2.1.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from zoo_cgan.options import UnetOptions
from zoo_core.interfaces import Condition, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, whole_guide
from zoo_core.nets.layers import activation, conv, initialise, norm
from zoo_core.space import Space


class EdgeUnet(Generator):
    """Latents (N, latent) and a guide (N, K, size, size) -> images (N, C, size, size) in [-1, 1].

    The guide is halved step by step; what it became at each resolution is appended to the features that are doubled back
    from there, so that a line need not pass through the smallest map. The latent enters at the smallest map, which is where
    colours are decided. A guide that is absent counts as empty. Raises ZooError if the size is not m * 2^k with m in 4..7.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: UnetOptions) -> None:
        super().__init__()
        start, steps = options.halvings(space)
        self.latent = latent
        self.guide = space.guide
        self.size = space.size
        self.labels = LabelEmbedding(space, options.embedding)
        size = latent + self.labels.size
        widths = options.widths(steps + 1)  # from full resolution on
        narrow = widths[-1]

        self.down = nn.ModuleList([conv(space.guide, widths[0], 3)])
        self.down.extend(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(widths))
        self.down_blocks = nn.ModuleList(_block(width, options) for width in widths)
        self.seed = nn.Sequential(nn.Linear(size, narrow * start**2), nn.Unflatten(1, (narrow, start, start)))
        self.stages = nn.ModuleList(upsampler.stage(2 * a, b, size) for a, b in pairwise(reversed(widths)))
        self.up_blocks = nn.ModuleList(_block(width, options) for width in reversed(widths))
        self.head = upsampler.head(2 * widths[0], space.channels, size)
        initialise(self, options.init)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        w = self.labels.append(z, condition)
        x = whole_guide(z, condition, self.guide, self.size)
        lines = []
        for layer, block in zip(self.down, self.down_blocks, strict=True):
            x = block(layer(x))
            lines.append(x)  # (N, widths[i], size / 2^i, size / 2^i)
        x = self.up_blocks[0](self.seed(w))  # (N, widths[-1], start, start)
        for stage, block in zip(self.stages, self.up_blocks[1:], strict=True):
            x = block(stage(torch.cat([x, lines.pop()], 1), w))  # twice as high and wide
        return self.head(torch.cat([x, lines.pop()], 1), w)  # type: ignore[no-any-return]


def _block(width: int, options: UnetOptions) -> nn.Sequential:
    return nn.Sequential(norm(options.norm, width), activation(options.activation))
