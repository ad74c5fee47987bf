"""Networks of Chen, Huang, Wang and Yi, General Purpose Image Generator by WGAN, sections 2.1 and 3, at 32 px and other sizes.

Kernels, strides and norms are the paper's; the numbers of channels are those of the code it names.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from zoo_chen.options import ChenCriticOptions, ChenGeneratorOptions
from zoo_core.interfaces import Condition, Critic, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, label_projection, with_guide
from zoo_core.nets.layers import LEAKY, doubling, initialise, norm
from zoo_core.nets.refusals import images_alone
from zoo_core.space import Space


class ChenGenerator(Generator):
    """Latents (N, latent) -> images (N, C, size, size) in [-1, 1], by transposed convolutions alone.

    The first makes an m x m map of a latent, for a size of m * 2^k, the k others are 4x4 with stride 2. The upsampler is
    ignored, because the last transposed convolution makes the image. Labels are embedded and appended to the latent; the
    guide, averaged down to each resolution, is appended to the features before every doubling. Raises ZooError for a size
    that is not m * 2^k with m in 4..7.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: ChenGeneratorOptions) -> None:
        super().__init__()
        start, doublings = options.halvings(space)
        self.latent = latent
        self.guide = space.guide
        self.labels = LabelEmbedding(space, options.embedding)
        widths = options.widths(doublings)[::-1]
        # No biases where batch norm takes the mean away.
        self.seed = nn.ConvTranspose2d(latent + self.labels.size, widths[0], start, bias=False)
        self.stages = nn.ModuleList(
            doubling(a + self.guide, b, 4, bias=i == doublings - 1)
            for i, (a, b) in enumerate(pairwise([*widths, space.channels]))
        )
        self.blocks = nn.ModuleList(nn.Sequential(nn.BatchNorm2d(width), nn.ReLU()) for width in widths)
        initialise(self, options.init)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        x: Tensor = self.seed(self.labels.append(z, condition)[:, :, None, None])  # (N, widths[0], m, m)
        for stage, block in zip(self.stages, self.blocks, strict=True):
            x = stage(with_guide(block(x), condition, self.guide))  # twice as high and wide
        return x.tanh()


class ChenCritic(Critic):
    """Images (N, C, size, size) -> (N, out), by convolutions alone: 4x4 with stride 2, and a last one over the whole map.

    Labels enter by projection, and the guide is appended to the channels of the image. Raises ZooError for a size that is
    not m * 2^k with m in 4..7, and for vectors.
    """

    def __init__(self, space: Space, out: int, vector: int, options: ChenCriticOptions) -> None:
        super().__init__()
        images_alone("chen", vector)
        start, halving = options.halvings(space)
        self.guide = space.guide
        widths = options.widths(halving)
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), norm(options.norm, b), nn.LeakyReLU(LEAKY))
                for a, b in pairwise([space.channels + space.guide, *widths])
            )
        )
        self.readout = nn.Conv2d(widths[-1], out, start)
        self.labels = label_projection(space, widths[-1])
        initialise(self, options.init)
        for block in list(self.blocks)[1:] if options.spectral else ():
            spectral_norm(next(block.children()))

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        features = self.blocks(with_guide(x, condition, self.guide))  # (N, widths[-1], m, m)
        return self.labels.project(self.readout(features).flatten(1), features, condition)
