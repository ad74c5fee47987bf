"""The networks that the races are run with: both sides train these, weight for weight."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Condition, Critic, Generator
from zoo_core.nets.critic import ConvCritic
from zoo_core.nets.options import ConvCriticOptions
from zoo_core.space import Space


class Dcgan(Generator):
    """100 -> 3 x size x size: transposed convolutions 4x4, 512 (at 64 px) to 64 channels, batch norm, ReLU, tanh."""

    latent = 100

    def __init__(self, size: int = 64) -> None:
        super().__init__()
        widths = [64 * 2**level for level in reversed(range(size.bit_length() - 3))]
        layers: list[nn.Module] = [nn.Unflatten(1, (100, 1, 1)), nn.ConvTranspose2d(100, widths[0], 4, bias=False)]
        for a, b in itertools.pairwise([*widths, 3]):
            layers += [nn.BatchNorm2d(a), nn.ReLU(inplace=True), nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        images: Tensor = self.layers(z)
        return images


def dcgan_critic(size: int = 64) -> Critic:
    """3 x size x size -> 1: convolutions 4x4 stride 2 to 512 channels (at 64 px), LeakyReLU, dense; the critic of zoo-core."""
    return ConvCritic(Space(size), 1, 0, ConvCriticOptions(width=64))


class Xiang128(Generator):
    """100 -> 3 x 128 x 128 (Xiang): dense to 256 x 4 x 4, five transposed convolutions 5x5 stride 2, batch norm, ReLU, tanh."""

    latent = 100

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(100, 4096), nn.Unflatten(1, (256, 4, 4))]
        for a, b in ((256, 128), (128, 64), (64, 32), (32, 16), (16, 3)):
            layers += [nn.BatchNorm2d(a), nn.ReLU(inplace=True), nn.ConvTranspose2d(a, b, 5, 2, 2, output_padding=1)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        images: Tensor = self.layers(z)
        return images


class XiangCritic128(Critic):
    """3 x 128 x 128 -> 1 (Xiang): four convolutions 5x5 stride 2 with batch norm and LeakyReLU, dense."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in ((3, 16), (16, 32), (32, 64), (64, 128)):
            layers += [nn.Conv2d(a, b, 5, 2, 2), nn.BatchNorm2d(b), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 8 * 8, 1))

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        scores: Tensor = self.layers(x)
        return scores


class VaeEncoder64(Critic):
    """3 x 64 x 64 -> mean and log-variance of 512 numbers."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in ((3, 32), (32, 64), (64, 128), (128, 256)):
            layers += [nn.Conv2d(a, b, 4, 2, 1), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(4096, 1024), nn.ReLU(inplace=True), nn.Linear(1024, 1024))

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        codes: Tensor = self.layers(x)
        return codes


class VaeDecoder64(Generator):
    """512 -> 3 x 64 x 64."""

    latent = 512

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(512, 1024), nn.ReLU(inplace=True), nn.Linear(1024, 4096), nn.ReLU(inplace=True)]
        layers += [nn.Unflatten(1, (256, 4, 4))]
        for a, b in ((256, 128), (128, 64), (64, 32)):
            layers += [nn.ConvTranspose2d(a, b, 4, 2, 1), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.Tanh())

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        images: Tensor = self.layers(z)
        return images


def initialise(*networks: nn.Module) -> None:
    """The same weights on both sides: N(0, 0.02) from one seed."""
    torch.manual_seed(0)
    for network in networks:
        for parameter in network.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, 0.02)
