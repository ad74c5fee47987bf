"""Generator and discriminator of the GAN in Kiss, Sandor and Pogany 2019, Generating pokemon images with neural networks.

The paper gives the layers at 64 px in Keras's tables: kernels, strides and missing biases follow from shapes and parameter
counts.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from zoo_core.interfaces import Condition, Critic, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, label_projection, with_guide
from zoo_core.nets.layers import doubling, initialise
from zoo_core.nets.refusals import images_alone, several
from zoo_core.space import Space
from zoo_kiss.options import KissCriticOptions, KissGeneratorOptions

EPSILON = 1e-3  # of Keras's batch norm


class KissGenerator(Generator):
    """Latents (N, latent) -> images (N, C, size, size) in [-1, 1].

    A dense layer makes a small image of 2m x 2m pixels for a size of m * 2^k, and transposed convolutions make it large. The
    upsampler is ignored, because kernels and strides are the paper's. Labels are embedded and appended to the latent; the
    guide, averaged down to each resolution, is appended to the features before every transposed convolution. Raises ZooError
    for a size that is not m * 2^k with m in 4..7, and in training for a batch of one: the norm of the dense layer has
    nothing to compare it with.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: KissGeneratorOptions) -> None:
        super().__init__()
        m, steps = options.halvings(space)
        start, doublings = 2 * m, steps - 1
        self.latent = latent
        self.guide = space.guide
        self.labels = LabelEmbedding(space, options.embedding)
        widths = options.widths(doublings + 1)[::-1]
        if doublings:
            widths[-2] += options.extra
        units = space.channels * start**2
        self.seed = nn.Sequential(
            nn.Linear(latent + self.labels.size, units, bias=False),
            nn.BatchNorm1d(units, EPSILON),
            nn.Unflatten(1, (space.channels, start, start)),
        )
        kernels = [3, *([5] * doublings + [3])[-doublings:]]
        pairs = pairwise([space.channels, *widths])
        self.stages = nn.ModuleList(
            nn.Sequential(
                doubling(a + self.guide, b, kernel, bias=False)
                if i
                else nn.ConvTranspose2d(a + self.guide, b, kernel, padding=1, bias=False),
                nn.BatchNorm2d(b, EPSILON),
                nn.LeakyReLU(options.slope),
            )
            for i, ((a, b), kernel) in enumerate(zip(pairs, kernels, strict=True))
        )
        self.head = nn.Sequential(nn.Conv2d(widths[-1], space.channels, 3, padding=1, bias=False), nn.Tanh())
        initialise(self, options.init)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        several(self, z, "generator kiss")
        x = self.seed(self.labels.append(z, condition))  # (N, C, start, start)
        for stage in self.stages:
            x = stage(with_guide(x, condition, self.guide))  # all but the first: twice as high and wide
        return self.head(x)  # type: ignore[no-any-return]


class KissCritic(Critic):
    """Images (N, C, size, size) -> (N, out), without the paper's sigmoid, which is part of the loss.

    Labels enter by projection, and the guide is appended to the channels of the image. Raises ZooError for a size that is
    not m * 2^k with m in 4..7, and for vectors.
    """

    def __init__(self, space: Space, out: int, vector: int, options: KissCriticOptions) -> None:
        super().__init__()
        images_alone("kiss", vector)
        m, steps = options.halvings(space)
        start, halving = 2 * m, steps - 1
        self.guide = space.guide
        widths = options.widths(halving)
        kernels = [5] * (halving - 1) + [3]
        pairs = pairwise([space.channels + space.guide, *widths])
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(a, b, kernel, 2, kernel // 2), nn.LeakyReLU(options.slope), nn.Dropout(options.dropout))
                for (a, b), kernel in zip(pairs, kernels, strict=True)
            )
        )
        self.readout = nn.Linear(widths[-1] * start**2, out)
        self.labels = label_projection(space, widths[-1])
        initialise(self, options.init)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        features = self.blocks(with_guide(x, condition, self.guide))
        return self.labels.project(self.readout(features.flatten(1)), features, condition)
