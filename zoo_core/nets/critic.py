"""The reference critic: halving convolutions, then one linear layer (Radford et al. 2015, arXiv 1511.06434).

Labels enter by projection.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo_core.interfaces import Condition, Critic
from zoo_core.nets.condition import label_projection, with_guide
from zoo_core.nets.layers import LEAKY, activation, initialise, norm, spectral
from zoo_core.nets.options import ConvCriticOptions
from zoo_core.space import Space


class ConvCritic(Critic):
    """Images (N, C, size, size), or vectors (N, vector) if `vector` > 0, -> (N, out).

    The guide is appended to the channels of an image; critics of vectors take none. Raises ZooError if the size of the
    images is not m * 2^k with m in 4..7.
    """

    def __init__(self, space: Space, out: int, vector: int, options: ConvCriticOptions) -> None:
        super().__init__()
        self.out = out
        self.channels = space.channels
        self.guide = 0 if vector else space.guide
        if vector:
            positions = 1
            layers: list[nn.Linear | nn.Conv2d] = [nn.Linear(vector, options.hidden), nn.Linear(options.hidden, options.hidden)]
            features = options.hidden
        else:
            size, halving = options.halvings(space)
            positions = size**2
            widths = options.widths(halving)
            layers = _convolutions([space.channels + space.guide, *widths], options)
            features = widths[-1]
        self.blocks = nn.ModuleList(_block(layer, i, bool(vector), options) for i, layer in enumerate(layers))
        self.readout = nn.Linear(features * positions, out)
        self.labels = label_projection(space, features)
        initialise(self, options.init)
        if options.norm == "spectral":
            spectral(self)
        slopes = {"relu": 0.0, "leaky_relu": LEAKY}
        smooth = options.norm not in ("none", "spectral") or options.dropout or options.activation not in slopes
        self._slope = None if smooth else slopes[options.activation]

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        x = with_guide(x, condition, self.guide)
        for block in self.blocks:
            x = block(x)
        return self.labels.project(self.readout(x.flatten(1)), x, condition)

    @property
    def input_gradient(self) -> Callable[..., Tensor] | None:
        """(x, condition, output=None) -> the gradient with respect to x, of its shape, of one output or of the sum of all.

        None unless the critic is piecewise linear: norm none or spectral, relu or leaky_relu, no dropout. Then the
        gradient is made by forward operations alone: one pass to see which side of its kink every unit is on, and one
        pass of cotangents back through the same weights. It is differentiable in the weights, so that a penalty on it
        needs a first-order backward only; all its other derivatives are zero almost everywhere.
        """
        return None if self._slope is None else self._input_gradient

    def _input_gradient(self, x: Tensor, condition: Condition, output: int | None = None) -> Tensor:
        layers = [_layer(block) for block in self.blocks]
        weights = [_weight(layer) for layer in layers]  # read once: under spectral norm a read is a power iteration
        slopes = []
        with torch.no_grad():
            x = with_guide(x, condition, self.guide)
            for layer, weight in zip(layers, weights, strict=True):
                # Detached, because older torch under autocast keeps a cast made without gradient (pytorch issue 112583).
                x = _forward(layer, x, weight.detach())
                slopes.append(torch.where(x > 0, x.new_ones(()), x.new_full((), self._slope or 0.0)))
                x = x * slopes[-1]
        readout = self.readout.weight  # (out, features)
        g = (readout.sum(0) if output is None else readout[output]).view(1, *x.shape[1:])
        if self.labels.size:
            times = self.out if output is None else 1  # the labels' inner product is part of every output
            label = times * self.labels(condition, x) / x[0, 0].numel()
            g = g + label.view(*label.shape, *[1] * (x.dim() - 2))
        for i in reversed(range(len(layers))):
            weight = weights[i] if i or not self.guide else weights[i][:, : self.channels]
            g = _backward(layers[i], g * slopes[i], weight)
        return g


class AveragedConv2d(nn.Conv2d):
    """`avg_pool2d(conv2d(x), 2)` with a 3x3 kernel, at a quarter of the multiplications. (N, cin, 2H, 2W) -> (N, cout, H, W).

    A mean over windows of a convolution is one convolution with stride 2, whose kernel is the mean of four shifts of the
    given one. Exact, borders included. A kernel that is free in its 4 x 4 places can answer to a grid of its own, which
    its gradient then draws into the images (Odena et al. 2016, Deconvolution and Checkerboard Artifacts); the mean treats
    both pixels of every pair alike.
    """

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__(cin, cout, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return _forward(self, x, averaged(self.weight))


def averaged(weight: Tensor) -> Tensor:
    """(b, a, k, k) -> (b, a, k + 1, k + 1): the kernel whose strided convolution is the mean over 2 x 2 of that of `weight`."""
    rows = (F.pad(weight, (0, 0, 0, 1)) + F.pad(weight, (0, 0, 1, 0))) / 2
    return (F.pad(rows, (0, 1)) + F.pad(rows, (1, 0))) / 2


def _convolutions(widths: list[int], options: ConvCriticOptions) -> list[nn.Linear | nn.Conv2d]:
    """One halving convolution, and depth - 1 that keep the size, for every step of `widths`."""
    layers: list[nn.Linear | nn.Conv2d] = []
    for a, b in pairwise(widths):
        if options.halving == "averaged" and layers:  # the first sees single pixels, which a mean before its kinks would hide
            layers += [AveragedConv2d(a, b)]
        else:
            # An even H -> (H + 2 padding - kernel) // 2 + 1 = H / 2, for even and odd kernels
            layers += [nn.Conv2d(a, b, options.kernel, 2, (options.kernel - 1) // 2)]
        layers += [nn.Conv2d(b, b, 3, padding=1) for _ in range(options.depth - 1)]
    return layers


def _block(layer: nn.Linear | nn.Conv2d, index: int, vectors: bool, options: ConvCriticOptions) -> nn.Sequential:
    block = nn.Sequential(layer)
    if index:  # none on the first layer, which would hide the images' brightness from the critic
        block.append(norm(options.norm, layer.weight.shape[0], vectors))
    block.append(activation(options.activation))
    if options.dropout:
        block.append(nn.Dropout(options.dropout))
    return block


def _weight(layer: nn.Linear | nn.Conv2d) -> Tensor:
    return averaged(layer.weight) if isinstance(layer, AveragedConv2d) else layer.weight


def _layer(block: nn.Module) -> nn.Linear | nn.Conv2d:
    layer = next(block.children())
    assert isinstance(layer, nn.Linear | nn.Conv2d)
    return layer


def _forward(layer: nn.Linear | nn.Conv2d, x: Tensor, weight: Tensor) -> Tensor:
    if isinstance(layer, nn.Linear):
        return F.linear(x, weight, layer.bias)
    return F.conv2d(x, weight, layer.bias, layer.stride, layer.padding)


def _backward(layer: nn.Linear | nn.Conv2d, g: Tensor, weight: Tensor) -> Tensor:
    """The transpose of `_forward` without its bias."""
    if isinstance(layer, nn.Linear):
        return g @ weight
    stride, padding, kernel = layer.stride[0], int(layer.padding[0]), weight.shape[-1]
    return F.conv_transpose2d(g, weight, None, stride, padding, output_padding=(2 * padding - kernel) % stride)
