"""Generator and critic of Xiang, Pokemon Generation with Wasserstein GAN, section 4.1, at 128 px and other sizes."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from zoo_core.interfaces import Condition, Critic, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, label_projection, with_guide
from zoo_core.nets.layers import LEAKY, doubling, initialise, norm, spectral
from zoo_core.nets.refusals import images_alone, several
from zoo_core.space import Space
from zoo_xiang128.options import CriticOptions, GeneratorOptions

MOMENTUM = 0.2  # of batch norm: the paper's 0.8 is the share of the old value, torch's is that of the new one
EPSILON = 1e-5  # of batch norm; 1e-3 would swallow the differences that a critic with weights of 0.01 has to tell


class XiangGenerator(Generator):
    """Latents (N, latent) -> images (N, C, size, size) in [-1, 1], by transposed convolutions alone.

    The upsampler is ignored, because the last transposed convolution makes the image. Labels are embedded and appended to
    the latent; the guide, averaged down to each resolution, is appended to the features before every doubling. Raises
    ZooError for a size that is not m * 2^k with m in 4..7, and in training for a batch of one: the norm of the dense layer
    has nothing to compare it with.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: GeneratorOptions) -> None:
        super().__init__()
        start, doublings = options.halvings(space)
        self.latent = latent
        self.guide = space.guide
        self.labels = LabelEmbedding(space, options.embedding)
        widths = options.widths(doublings)[::-1]
        units = widths[0] * start**2
        self.seed = nn.Sequential(
            nn.Linear(latent + self.labels.size, units),
            nn.BatchNorm1d(units, EPSILON, MOMENTUM),
            nn.ReLU(),
            nn.Unflatten(1, (widths[0], start, start)),
        )
        pairs = pairwise([*widths, space.channels])
        self.stages = nn.ModuleList(doubling(a + self.guide, b, options.kernel) for a, b in pairs)
        self.blocks = nn.ModuleList(nn.Sequential(nn.BatchNorm2d(b, EPSILON, MOMENTUM), nn.ReLU()) for b in widths[1:])
        self.blocks.append(nn.Tanh())
        initialise(self, options.init)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        several(self, z, "generator xiang")
        x: Tensor = self.seed(self.labels.append(z, condition))  # (N, widths[0], start, start)
        for stage, block in zip(self.stages, self.blocks, strict=True):
            x = block(stage(with_guide(x, condition, self.guide)))  # twice as high and wide
        return x


class XiangCritic(Critic):
    """Images (N, C, size, size) -> (N, out): the mean of a map of scores, 8x8 for 128 px.

    Labels enter by projection, and the guide is appended to the channels of the image. Raises ZooError for a size that is
    not m * 2^k with m in 4..7, and for vectors.
    """

    def __init__(self, space: Space, out: int, vector: int, options: CriticOptions) -> None:
        super().__init__()
        images_alone("xiang", vector)
        _, halving = options.halvings(space)
        self.guide = space.guide
        widths = options.widths(halving - 1)
        self.blocks = nn.Sequential(*(_block(a, b, options) for a, b in pairwise([space.channels + space.guide, *widths])))
        self.readout = nn.Conv2d(widths[-1], out, 1)  # a dense layer over the channels, the same at every position
        self.labels = label_projection(space, widths[-1])
        initialise(self, options.init)
        if options.norm == "spectral":
            spectral(self)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        features = self.blocks(with_guide(x, condition, self.guide))
        return self.labels.project(self.readout(features).mean((2, 3)), features, condition)

    def score_map(self, x: Tensor, condition: Condition) -> Tensor:
        """(N, C, size, size) -> (N, out, 2m, 2m) for size m * 2^k: the scores whose mean is the answer, labels left out."""
        scores: Tensor = self.readout(self.blocks(with_guide(x, condition, self.guide)))
        return scores


def _block(cin: int, cout: int, options: CriticOptions) -> nn.Sequential:
    normalise = nn.BatchNorm2d(cout, EPSILON, MOMENTUM) if options.norm == "batch" else norm(options.norm, cout)
    block = nn.Sequential(nn.Conv2d(cin, cout, options.kernel, 2, options.kernel // 2), normalise, nn.LeakyReLU(LEAKY))
    if options.dropout:
        block.append(nn.Dropout(options.dropout))
    return block
