"""What the four networks are made of: blocks with batch norm, densely connected layers, noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AddedNoise(nn.Module):
    """In training x + N(0, sd²), a number each; x otherwise. From torch's global generator."""

    def __init__(self, sd: float) -> None:
        super().__init__()
        self.sd = sd

    def forward(self, x: Tensor) -> Tensor:
        return x + self.sd * torch.randn_like(x) if self.training and self.sd else x


class MultipliedNoise(nn.Module):
    """In training x * N(1, sd²), a number each; x otherwise. From torch's global generator."""

    def __init__(self, sd: float) -> None:
        super().__init__()
        self.sd = sd

    def forward(self, x: Tensor) -> Tensor:
        return x * (1 + self.sd * torch.randn_like(x)) if self.training and self.sd else x


class DenselyConnected(nn.Module):
    """(N, size) -> (N, size + 7 * 8): each of seven layers of 8 units sees the input and all layers before it.

    noise  standard deviation of what each layer's output is multiplied with in training.
    """

    LAYERS, WIDTH = 7, 8

    def __init__(self, size: int, noise: float = 0.0) -> None:
        super().__init__()
        sizes = [size + i * self.WIDTH for i in range(self.LAYERS)]
        self.layers = nn.ModuleList(nn.Sequential(*dense(n, self.WIDTH), MultipliedNoise(noise)) for n in sizes)
        self.size = size + self.LAYERS * self.WIDTH

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


def dense(cin: int, cout: int) -> list[nn.Module]:
    """A dense layer with what follows it."""
    return [nn.Linear(cin, cout), nn.BatchNorm1d(cout), nn.LeakyReLU(0.01)]


def convolution(cin: int, cout: int, stride: int = 1) -> list[nn.Module]:
    """A 3x3 convolution with what follows it: (N, cin, H, W) -> (N, cout, H / stride, W / stride)."""
    return [nn.Conv2d(cin, cout, 3, stride, 1), nn.BatchNorm2d(cout), nn.LeakyReLU(0.01)]
