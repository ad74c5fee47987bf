"""Four ways to double a feature map. All end in the same head: a 3x3 convolution and tanh.

An upsampler is two constructors. `stage` makes the module that doubles, `head` the one that makes an image; both are
called with the latent as well, which these four ignore.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from zoo_core.interfaces import Upsampler
from zoo_core.nets.layers import conv, doubling
from zoo_core.nets.options import BilinearOptions, NearestOptions, PixelShuffleOptions, TransposedOptions


class WithoutLatent(nn.Module):
    """Makes a stage or head of a module that does not look at the latent."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        return self.layers(x)  # type: ignore[no-any-return]


def tanh_head(cin: int, channels: int) -> nn.Module:
    """(N, cin, H, W), (N, latent) -> (N, channels, H, W) in [-1, 1]: a 3x3 convolution and tanh."""
    return WithoutLatent(conv(cin, channels, 3), nn.Tanh())


class Transposed(Upsampler):
    """Transposed convolution with stride 2 (Radford et al. 2015, arXiv 1511.06434)."""

    def __init__(self, options: TransposedOptions) -> None:
        self.kernel = options.kernel

    def stage(self, cin: int, cout: int, latent: int) -> nn.Module:
        return WithoutLatent(doubling(cin, cout, self.kernel))

    def head(self, cin: int, channels: int, latent: int) -> nn.Module:
        return tanh_head(cin, channels)


class Nearest(Upsampler):
    """Nearest-neighbour doubling, then a convolution (Odena et al. 2016, Deconvolution and Checkerboard Artifacts)."""

    def __init__(self, options: NearestOptions) -> None:
        self.kernel = options.kernel

    def stage(self, cin: int, cout: int, latent: int) -> nn.Module:
        return WithoutLatent(FoldedNearest(cin, cout, self.kernel))

    def head(self, cin: int, channels: int, latent: int) -> nn.Module:
        return tanh_head(cin, channels)


class FoldedNearest(nn.Module):
    """`conv(Upsample(2, "nearest")(x))` with the same parameters, at a quarter of the multiplications.

    Nearest-neighbour doubling puts zeros between the pixels and sums over every 2 x 2 window. A sum over windows and a
    convolution may change places: so the convolution sees the zeros, which a transposed convolution with stride 2 leaves
    out, and sums are taken of what it gives. Exact, borders included, for any kernel.
    """

    def __init__(self, cin: int, cout: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel)  # holds weight and bias, is never called

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.conv.kernel_size[0]
        weight = self.conv.weight.flip(2, 3).transpose(0, 1)  # (cin, cout, k, k), as transposed convolutions have it
        # To (2H + 1, 2W + 1), but one less than 2H for a 1x1 kernel. With an even kernel the longer side of the padding is
        # right and bottom, as in `layers.conv`.
        crop = kernel // 2 - 1
        x = F.conv_transpose2d(x, weight, None, 2, max(crop, 0), output_padding=(kernel + 1) % 2)
        sums = sums_by_convolution if x.device.type == "cpu" else sums_by_pooling
        return sums(x, self.conv.bias, max(-crop, 0))


def sums_by_convolution(x: Tensor, bias: Tensor | None, padding: int) -> Tensor:
    """Sums over 2 x 2 windows, plus a bias (C,). (N, C, H, W) -> (N, C, H - 1 + 2 padding, W - 1 + 2 padding)."""
    return F.conv2d(x, x.new_ones(x.shape[1], 1, 2, 2), bias, padding=padding, groups=x.shape[1])


def sums_by_pooling(x: Tensor, bias: Tensor | None, padding: int) -> Tensor:
    """The same. On a CPU its backward pass is four times as slow; GPUs are made for it, more than for such a convolution."""
    sums = F.avg_pool2d(x, 2, 1, padding, divisor_override=1)
    return sums if bias is None else sums + bias.to(sums.dtype).view(-1, 1, 1)


class Bilinear(Upsampler):
    """Bilinear doubling, then a convolution."""

    def __init__(self, options: BilinearOptions) -> None:
        self.kernel = options.kernel

    def stage(self, cin: int, cout: int, latent: int) -> nn.Module:
        return WithoutLatent(nn.Upsample(scale_factor=2, mode="bilinear"), conv(cin, cout, self.kernel))

    def head(self, cin: int, channels: int, latent: int) -> nn.Module:
        return tanh_head(cin, channels)


class PixelShuffle(Upsampler):
    """A convolution to four times the channels, laid out as 2 x 2 pixels (Shi et al. 2016, arXiv 1609.05158)."""

    def __init__(self, options: PixelShuffleOptions) -> None:
        self.kernel = options.kernel

    def stage(self, cin: int, cout: int, latent: int) -> nn.Module:
        return WithoutLatent(SubPixel(cin, cout, self.kernel))

    def head(self, cin: int, channels: int, latent: int) -> nn.Module:
        return tanh_head(cin, channels)


class SubPixel(nn.Module):
    """(N, cin, H, W) -> (N, cout, 2H, 2W)."""

    def __init__(self, cin: int, cout: int, kernel: int) -> None:
        super().__init__()
        self.conv = conv(cin, 4 * cout, kernel)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.shuffle(self.conv(x))  # type: ignore[no-any-return]

    def initialised(self) -> None:
        """Start as nearest-neighbour doubling, four equal kernels a pixel: ICNR (Aitken et al. 2017, arXiv 1707.02937)."""
        for parameter in self.conv.parameters():
            parameter.copy_(parameter[::4].repeat_interleave(4, 0))
