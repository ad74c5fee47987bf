"""ColorPicker (Conor Lazarou 2020, PokeGAN): a small network paints with a palette, as a sprite artist does.

The head predicts a palette of K values per channel from the latent, and from the features K weights per pixel:

    image[c](x, y) = sum over k of softmax(maps(x, y))[k] * tanh(mlp_c(w))[k]

so the image is inside the hull of its palette, and flat areas cost the network nothing.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo_colorpicker.options import ColorPickerOptions
from zoo_core.interfaces import Upsampler
from zoo_core.nets.layers import conv, norm
from zoo_core.nets.upsamplers import FoldedNearest


class ColorPicker(Upsampler):
    """Doubling before each convolution, the latent at every stage, a palette at the end."""

    def __init__(self, options: ColorPickerOptions) -> None:
        self.options = options

    def stage(self, cin: int, cout: int, latent: int) -> nn.Module:
        stage = NearestStage if self.options.doubling == "nearest" else Stage
        return stage(cin, cout, latent, self.options.kernel)

    def head(self, cin: int, channels: int, latent: int) -> nn.Module:
        return Head(cin, channels, latent, self.options)


class Stage(nn.Module):
    """(N, cin, H, W), (N, latent) -> (N, cout, 2H, 2W)."""

    def __init__(self, cin: int, cout: int, latent: int, kernel: int) -> None:
        super().__init__()
        self.missing = -(cin + latent) % 4  # a pixel shuffle eats four channels for one
        self.shuffle = nn.PixelShuffle(2)
        self.conv = conv((cin + latent + self.missing) // 4, cout, kernel)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        everywhere = w.to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])  # (N, latent, H, W), constant maps
        x = F.pad(torch.cat([x, everywhere], 1), (0, 0, 0, 0, 0, self.missing))
        return self.conv(self.shuffle(x))  # type: ignore[no-any-return]


class NearestStage(nn.Module):
    """(N, cin, H, W), (N, latent) -> (N, cout, 2H, 2W): nearest-neighbour doubling and a convolution, plus a linear map of w.

    A constant map under a convolution is a linear map of its value, up to the borders. The pixels of a doubled pixel start
    equal, where a pixel shuffle makes each of the four from channels of its own.
    """

    def __init__(self, cin: int, cout: int, latent: int, kernel: int) -> None:
        super().__init__()
        self.doubled = FoldedNearest(cin, cout, kernel)
        self.latent = nn.Linear(latent, cout, bias=False)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        return self.doubled(x) + self.latent(w)[:, :, None, None]  # type: ignore[no-any-return]


class Head(nn.Module):
    """(N, cin, H, W), (N, latent) -> (N, channels, H, W), every channel within the hull of its palette."""

    def __init__(self, cin: int, channels: int, latent: int, options: ColorPickerOptions) -> None:
        super().__init__()
        self.colours, self.hard = options.colours, options.hard
        self.groups = channels if options.distribution == "per_channel" else 1
        self.maps = conv(cin, self.groups * options.colours, 5)
        self.palettes = nn.ModuleList(_palette(latent, options) for _ in range(channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        maps = self.maps(x).unflatten(1, (self.groups, self.colours))  # (N, groups, K, H, W)
        weights = _at_least_float32(maps).softmax(2)
        if self.hard and not self.training:
            weights = torch.zeros_like(weights).scatter_(2, weights.argmax(2, keepdim=True), 1.0)
        return mix(weights, self.palette(w))

    def palette(self, w: Tensor) -> Tensor:
        """(N, latent) -> (N, channels, K) in [-1, 1]: K colours, one number per channel each."""
        return torch.stack([palette(w) for palette in self.palettes], 1)

    def initialised(self) -> None:
        """Keep torch's start for the palettes: with narrow weights all colours would start as one grey."""
        for module in self.palettes.modules():
            if isinstance(module, nn.Linear):
                module.reset_parameters()


def mix(weights: Tensor, palette: Tensor) -> Tensor:
    """(N, G, K, H, W) weights that sum to 1 over K, (N, C, K) palette -> (N, C, H, W); G is 1 or C.

    Rounding cannot take the result out of the hull of the palette: the sum of the weights may be off by some 1e-7, so it
    is clamped there, and a clamped pixel's gradient goes to the colour that bounds it. Never computed in less than float32.
    """
    n, groups, colours, height, width = weights.shape
    palette = _at_least_float32(palette)
    with _without_autocast(weights.device.type):
        image = palette.reshape(n, groups, -1, colours) @ weights.flatten(3)  # (N, G, C / G, H * W)
    low, high = palette.amin(2)[:, :, None, None], palette.amax(2)[:, :, None, None]
    return image.reshape(n, -1, height, width).clamp(low, high)


def _palette(latent: int, options: ColorPickerOptions) -> nn.Sequential:
    layers: list[nn.Module] = []
    width = latent
    for hidden in (options.hidden, options.hidden2):
        layers += [nn.Linear(width, hidden), norm(options.norm, hidden, vectors=True), nn.LeakyReLU(0.01)]
        width = hidden
    return nn.Sequential(*layers, nn.Linear(width, options.colours), nn.Tanh())


def _at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def _without_autocast(device: str) -> AbstractContextManager[None]:
    return torch.autocast(device, enabled=False) if torch.amp.is_autocast_available(device) else nullcontext()
