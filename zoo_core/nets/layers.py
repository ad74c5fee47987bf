"""What the reference networks are made of: normalisation, activation, convolutions that keep the size, initial weights."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

LEAKY = 0.2  # slope of leaky_relu (Radford et al. 2015, arXiv 1511.06434, section 3)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm)

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(LEAKY),
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


def activation(name: str) -> nn.Module:
    """relu, leaky_relu, elu, gelu or silu."""
    return _ACTIVATIONS[name]()


def norm(name: str, channels: int, vectors: bool = False) -> nn.Module:
    """Normalisation of (N, channels, H, W), or of (N, channels) if `vectors`. Identity for none and spectral.

    Vectors have no positions to take an instance's statistics over, so instance norm is layer norm there.
    """
    if name == "batch":
        return nn.BatchNorm1d(channels) if vectors else nn.BatchNorm2d(channels)
    if name == "instance" and not vectors:
        return nn.InstanceNorm2d(channels, affine=True)
    if name in ("layer", "instance"):
        return nn.GroupNorm(1, channels)  # statistics over all channels and positions of a sample, scale per channel
    return nn.Identity()


def conv(cin: int, cout: int, kernel: int) -> nn.Module:
    """A convolution that keeps H and W. An even kernel is padded by one more at the right and the bottom."""
    if kernel % 2:
        return nn.Conv2d(cin, cout, kernel, padding=kernel // 2)
    before, after = kernel // 2 - 1, kernel // 2
    return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), nn.Conv2d(cin, cout, kernel))


def doubling(cin: int, cout: int, kernel: int, bias: bool = True) -> nn.ConvTranspose2d:
    """A transposed convolution to twice the height and width, of any kernel from 2 on."""
    # H -> 2 (H - 1) + kernel - 2 padding + extra = 2 H
    return nn.ConvTranspose2d(cin, cout, kernel, 2, (kernel - 1) // 2, output_padding=kernel % 2, bias=bias)


def initialise(net: nn.Module, how: str) -> None:
    """Draw the weights of every convolution and linear layer inside `net` from torch's global generator; biases are zero.

    dcgan       N(0, 0.02), scales of normalisations N(1, 0.02) (Radford et al. 2015, arXiv 1511.06434, section 3).
    kaiming     N(0, 2 / fan-in) (He et al. 2015, arXiv 1502.01852, section 2.2); the fan-in of a transposed convolution
                counts the taps that really meet a pixel, a stride-th of them per axis.
    orthogonal  orthogonal rows with gain sqrt(2) (Saxe et al. 2013, arXiv 1312.6120).
    torch       what the layers' constructors drew.

    A module with a method `initialised()` has it called afterwards, to restore a start that its layers owe each other.
    """
    for module in net.modules() if how != "torch" else ():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            if how == "dcgan":
                nn.init.normal_(module.weight, std=0.02)
            elif how == "kaiming":
                nn.init.normal_(module.weight, std=math.sqrt(2 / _fan_in(module)))
            else:
                nn.init.orthogonal_(module.weight, gain=math.sqrt(2))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif how == "dcgan" and isinstance(module, _NORMS) and module.affine:
            nn.init.normal_(module.weight, mean=1.0, std=0.02)
    for module in net.modules():
        initialised = getattr(module, "initialised", None)
        if callable(initialised):
            with torch.no_grad():
                initialised()


def spectral(net: nn.Module) -> None:
    """Divide every weight inside `net` by its largest singular value (Miyato et al. 2018, arXiv 1802.05957).

    The value comes from one power iteration per use in training, and is fixed in eval mode.
    """
    for module in list(net.modules()):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding):
            spectral_norm(module)


def _fan_in(layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear) -> float:
    """How many products are summed into one output number."""
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.weight.numel() / layer.out_channels / math.prod(layer.stride)
    return layer.weight[0].numel()
