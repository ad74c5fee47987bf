"""The reference generator: a dense layer to a small map, then doublings (Radford et al. 2015, arXiv 1511.06434).

The upsampler is free, and what lies between its stages is here.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from zoo_core.interfaces import Condition, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, with_guide
from zoo_core.nets.layers import activation, conv, initialise, norm, spectral
from zoo_core.nets.options import ConvGeneratorOptions
from zoo_core.space import Space


class ConvGenerator(Generator):
    """Latents (N, latent) -> images (N, C, size, size) in [-1, 1].

    Labels are embedded and appended to the latent. The guide, averaged down to each resolution, is appended to the
    features before every stage and before the head. Raises ZooError if the size is not m * 2^k with m in 4..7.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: ConvGeneratorOptions) -> None:
        super().__init__()
        start, doublings = options.halvings(space)
        self.latent = latent
        self.guide = space.guide
        self.labels = LabelEmbedding(space, options.embedding)
        size = latent + self.labels.size
        widths = options.widths(doublings + 1)[::-1]

        self.seed = nn.Sequential(nn.Linear(size, widths[0] * start**2), nn.Unflatten(1, (widths[0], start, start)))
        self.stages = nn.ModuleList(upsampler.stage(a + self.guide, b, size) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(_block(width, options) for width in widths)
        self.head = upsampler.head(widths[-1] + self.guide, space.channels, size)
        initialise(self, options.init)
        if options.norm == "spectral":
            spectral(nn.ModuleList([self.seed, self.stages, self.blocks, self.head]))

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        w = self.labels.append(z, condition)
        x = self.blocks[0](self.seed(w))  # (N, widths[0], start, start)
        for stage, block in zip(self.stages, self.blocks[1:], strict=True):
            x = block(stage(with_guide(x, condition, self.guide), w))  # twice as high and wide
        return self.head(with_guide(x, condition, self.guide), w)  # type: ignore[no-any-return]


def _block(width: int, options: ConvGeneratorOptions) -> nn.Sequential:
    """What follows a dense layer or an upsampling stage: norm, activation, dropout, and the convolutions beyond the first."""
    layers: list[nn.Module] = []
    for i in range(options.depth):
        layers += [conv(width, width, 3)] if i else []
        layers += [norm(options.norm, width), activation(options.activation)]
        layers += [nn.Dropout(options.dropout)] if options.dropout else []
    return nn.Sequential(*layers)
