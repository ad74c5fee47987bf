"""Encoder and discriminators of Lazarou 2020, PokeGAN. Discriminators answer with logits."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from zoo_aegan.layers import AddedNoise, DenselyConnected, MultipliedNoise, convolution, dense
from zoo_aegan.options import CriticOptions
from zoo_core.interfaces import Condition, Critic
from zoo_core.nets.condition import LabelEmbedding, label_projection, with_guide
from zoo_core.nets.refusals import several
from zoo_core.space import Space


def critic(space: Space, out: int, vector: int, options: CriticOptions) -> Critic:
    """The network whose answer is asked for: of images the encoder for several numbers and the discriminator for one; of
    codes the discriminator. Raises ZooError if the size of the images is not m * 2^k with m in 4..7.
    """
    if vector:
        return CodeDiscriminator(space, out, vector, options)
    return Encoder(space, out, options) if out > 1 else ImageDiscriminator(space, out, options)


class Encoder(Critic):
    """Images (N, C, size, size) -> (N, out): halvings, a U-Net's way back up, halvings again, dense layers.

    The second halvings see the image itself beside what came back up, and the dense layers see the ends of both. The guide
    is appended to the channels of the image; labels are embedded and appended to what the first dense layer sees. Raises
    ZooError in training for a batch of one.
    """

    def __init__(self, space: Space, out: int, options: CriticOptions) -> None:
        super().__init__()
        self.guide = space.guide
        self.noise = AddedNoise(options.noise)
        widths, start = _halved(space, options)
        seen, width = widths[0], options.width
        down = widths[1:]
        self.down = nn.ModuleList(nn.Sequential(*convolution(a, b, 2)) for a, b in pairwise(widths))
        self.reducer = nn.Sequential(*convolution(down[-1], down[-2]), nn.Upsample(scale_factor=2))
        up = [down[-2], *reversed(down[:-2]), width, width]
        skips = [*reversed(down[:-1]), seen]
        self.up = nn.ModuleList(
            nn.Sequential(*convolution(a + skip, b), nn.Upsample(scale_factor=2) if i < len(down) - 1 else nn.Identity())
            for i, ((a, b), skip) in enumerate(zip(pairwise(up), skips, strict=True))
        )
        again = [width + seen, *[width] * len(down)]
        self.again = nn.Sequential(*(layer for a, b in pairwise(again) for layer in convolution(a, b, 2)))
        self.labels = LabelEmbedding(space, options.embedding)
        self.readout = nn.Sequential(
            *dense((down[-1] + width) * start**2 + self.labels.size, options.hidden),
            *dense(options.hidden, options.hidden2),
            nn.Linear(options.hidden2, out),
        )

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        several(self, x, "aegan")
        maps = [with_guide(self.noise(x), condition, self.guide)]
        for halve in self.down:
            maps.append(halve(maps[-1]))
        y = self.reducer(maps[-1])
        for up, skip in zip(self.up, reversed(maps[:-1]), strict=True):
            y = up(torch.cat([y, skip], 1))
        y = self.again(torch.cat([y, with_guide(x, condition, self.guide)], 1))  # no noise on the image this time
        ends = maps[-1].flatten(1), y.flatten(1), self.labels(condition, x)
        return self.readout(torch.cat(ends, 1))  # type: ignore[no-any-return]


class ImageDiscriminator(Critic):
    """Images (N, C, size, size) -> (N, out): halvings and one dense layer, with noise all the way in training.

    The guide is appended to the channels of the image; labels enter by projection.
    """

    def __init__(self, space: Space, out: int, options: CriticOptions) -> None:
        super().__init__()
        self.guide = space.guide
        self.noise = AddedNoise(options.noise)
        widths, start = _halved(space, options)
        layers = [layer for a, b in pairwise(widths) for layer in convolution(a, b, 2)]
        self.features = nn.Sequential(*(part for layer in layers for part in (layer, MultipliedNoise(options.noise))))
        self.readout = nn.Linear(widths[-1] * start**2, out)
        self.labels = label_projection(space, widths[-1])

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        features = self.features(with_guide(self.noise(x), condition, self.guide))
        return self.labels.project(self.readout(features.flatten(1)), features, condition)


class CodeDiscriminator(Critic):
    """Codes (N, vector) -> (N, out): seven densely connected layers with noise in training, and one dense layer.

    Labels are embedded and appended to the code; the guide is not seen. Raises ZooError in training for a batch of one.
    """

    def __init__(self, space: Space, out: int, vector: int, options: CriticOptions) -> None:
        super().__init__()
        self.labels = LabelEmbedding(space, options.embedding)
        self.layers = DenselyConnected(vector + self.labels.size, options.noise)
        self.readout = nn.Linear(self.layers.size, out)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        several(self, x, "aegan")
        return self.readout(self.layers(self.labels.append(x, condition)))  # type: ignore[no-any-return]


def _halved(space: Space, options: CriticOptions) -> tuple[list[int], int]:
    """Channels of the image with its guide and after every halving, and the size that is left: 6 for 96 px."""
    start, halving = options.halvings(space)
    return [space.channels + space.guide, *options.widths(halving)], start
