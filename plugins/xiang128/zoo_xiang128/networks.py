"""Generator and critic of Xiang, Pokemon Generation with Wasserstein GAN, section 4.1, at 128 px and other sizes."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition, Critic, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, with_guide
from zoo_core.nets.layers import LEAKY, initialise, norm, spectral
from zoo_core.space import Space, halvings
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
        start, doublings = _halvings(space, options)
        self.latent = latent
        self.guide = space.guide
        self.labels = LabelEmbedding(space, options.embedding)
        widths = [min(options.width * 2**i, options.max_width) for i in reversed(range(doublings))]
        units = widths[0] * start**2
        self.seed = nn.Sequential(
            nn.Linear(latent + self.labels.size, units),
            nn.BatchNorm1d(units, EPSILON, MOMENTUM),
            nn.ReLU(),
            nn.Unflatten(1, (widths[0], start, start)),
        )
        self.stages = nn.ModuleList(
            _doubling(a + self.guide, b, options.kernel) for a, b in pairwise([*widths, space.channels])
        )
        self.blocks = nn.ModuleList(nn.Sequential(nn.BatchNorm2d(b, EPSILON, MOMENTUM), nn.ReLU()) for b in widths[1:])
        self.blocks.append(nn.Tanh())
        initialise(self, options.init)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        if self.training and len(z) < 2:
            raise ZooError("generator xiang trains on batches of 2 and more; type --set train.batch=2")
        x: Tensor = self.seed(torch.cat([z, self.labels(condition, z)], 1))  # (N, widths[0], start, start)
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
        if vector:
            raise ZooError("critic xiang sees images, not codes; type --critic conv")
        _, halving = _halvings(space, options)
        self.guide = space.guide
        widths = [min(options.width * 2**i, options.max_width) for i in range(halving - 1)]
        self.blocks = nn.Sequential(*(_block(a, b, options) for a, b in pairwise([space.channels + space.guide, *widths])))
        self.readout = nn.Conv2d(widths[-1], out, 1)  # a dense layer over the channels, the same at every position
        self.labels = LabelEmbedding(space, widths[-1], scale=widths[-1] ** -0.5)
        initialise(self, options.init)
        if options.norm == "spectral":
            spectral(self)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        features = self.blocks(with_guide(x, condition, self.guide))
        scores: Tensor = self.readout(features).mean((2, 3))
        if self.labels.size:
            scores = scores + (self.labels(condition, x) * features.mean((2, 3))).sum(1, keepdim=True)
        return scores

    def score_map(self, x: Tensor, condition: Condition) -> Tensor:
        """(N, C, size, size) -> (N, out, 2m, 2m) for size m * 2^k: the scores whose mean is the answer, labels left out."""
        scores: Tensor = self.readout(self.blocks(with_guide(x, condition, self.guide)))
        return scores


def _doubling(cin: int, cout: int, kernel: int) -> nn.ConvTranspose2d:
    # H -> 2 (H - 1) + kernel - 2 padding + 1 = 2 H
    return nn.ConvTranspose2d(cin, cout, kernel, 2, kernel // 2, output_padding=1)


def _block(cin: int, cout: int, options: CriticOptions) -> nn.Sequential:
    normalise = norm(options.norm, cout)
    if isinstance(normalise, nn.BatchNorm2d):
        normalise = nn.BatchNorm2d(cout, EPSILON, MOMENTUM)
    block = nn.Sequential(nn.Conv2d(cin, cout, options.kernel, 2, options.kernel // 2), normalise, nn.LeakyReLU(LEAKY))
    if options.dropout:
        block.append(nn.Dropout(options.dropout))
    return block


def _halvings(space: Space, options: GeneratorOptions | CriticOptions) -> tuple[int, int]:
    problem = options.fits(space)
    if problem:
        raise ZooError(problem)
    return halvings(space.size)
