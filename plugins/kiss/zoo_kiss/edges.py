"""The edge-conditional generator of Kiss, Sandor and Pogany 2019, "Generating pokemon images with neural networks"."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, whole_guide
from zoo_core.nets.layers import activation, initialise
from zoo_core.space import Space
from zoo_kiss.options import DenseOptions


class EdgeDense(Generator):
    """Latents (N, latent) and a guide (N, K, size, size) -> images (N, C, size, size) in [-1, 1].

    The guide is halved by convolutions, flattened and appended to the latent. A dense layer makes of both a map of `seed`
    channels, 3 in the paper: whatever is known of the lines has to pass through these 192 numbers (at 64 px). A guide that is
    absent counts as empty. Raises ZooError for a size that cannot be halved as often as `doublings` and `edges` say.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: DenseOptions) -> None:
        super().__init__()
        problem = options.fits(space)
        if problem:
            raise ZooError(problem)
        self.latent = latent
        self.guide = space.guide
        self.size = space.size
        self.labels = LabelEmbedding(space, options.embedding)
        small = space.size // 2 ** len(options.edges)
        start, widths = space.size // 2**options.doublings, options.widths
        size = latent + self.labels.size
        flat, numbers = options.edges[-1] * small**2, options.seed * start**2

        self.edges = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), activation(options.activation))
                for a, b in pairwise((space.guide, *options.edges))
            ),
            nn.Flatten(),
        )
        self.seed = nn.Sequential(
            nn.Linear(size + flat, numbers, bias=False), nn.BatchNorm1d(numbers), nn.Unflatten(1, (options.seed, start, start))
        )
        self.widen = nn.Sequential(nn.Conv2d(options.seed, widths[0], 3, padding=1, bias=False))
        self.stages = nn.ModuleList(upsampler.stage(a, b, size) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(nn.Sequential(nn.BatchNorm2d(b), activation(options.activation)) for b in widths)
        self.head = upsampler.head(widths[-1], space.channels, size)
        initialise(self, options.init)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        w = self.labels.append(z, condition)
        lines = self.edges(whole_guide(z, condition, self.guide, self.size))
        x = self.seed(torch.cat([w, lines], 1))  # (N, seed, start, start)
        x = self.blocks[0](self.widen(x))
        for stage, block in zip(self.stages, self.blocks[1:], strict=True):
            x = block(stage(x, w))  # twice as high and wide
        return self.head(x, w)  # type: ignore[no-any-return]
