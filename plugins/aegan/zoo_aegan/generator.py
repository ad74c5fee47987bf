"""The generator of Lazarou 2020, PokeGAN: ColorPicker where it comes from, with its projection and its widths."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo_aegan.layers import DenselyConnected, dense
from zoo_aegan.options import GeneratorOptions
from zoo_core.interfaces import Condition, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, with_guide
from zoo_core.nets.layers import conv
from zoo_core.nets.refusals import several
from zoo_core.space import Space

PALETTE = (128, 64)  # hidden units of the network that chooses a channel's part of the palette


class PaletteGenerator(Generator):
    """Latents (N, latent) -> images (N, C, size, size): at every pixel a mixture of the image's own `colours` colours.

        image[c](x, y) = sum over k of softmax(maps(x, y))[k] * tanh(palette_c(w))[k]

    where w is the latent after seven densely connected layers. The upsampler is ignored: features and w are pixel-shuffled
    before every convolution but the first, which sees features alone. The seed map is 3x3 for 96 px, 2x2 for powers of two.

    Labels are embedded and appended to the latent; the guide, averaged down to each resolution, is appended to the features
    before every doubling and before the maps. Raises ZooError if the size is not m * 2^k with m in 4..7, and in training for
    a batch of one.
    """

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: GeneratorOptions) -> None:
        super().__init__()
        start, doublings = options.halvings(space)
        self.latent = latent
        self.guide = space.guide
        self.labels = LabelEmbedding(space, options.embedding)
        self.projection = DenselyConnected(latent + self.labels.size)
        size = self.projection.size
        if start % 2 == 0:
            start, doublings = start // 2, doublings + 1
        widest = options.max_width
        widths = [widest, widest, *[min(4 * options.width, widest)] * (doublings - 2), options.width]
        self.seed = nn.Sequential(*dense(size, widest * start**2), nn.Unflatten(1, (widest, start, start)))
        self.stages = nn.ModuleList(
            Stage(a + self.guide, b, size if i else 0, 4 if i else 3) for i, (a, b) in enumerate(pairwise(widths))
        )
        self.maps = conv(options.width + self.guide, options.colours, 5)
        self.palettes = nn.ModuleList(_palette(size, options.colours) for _ in range(space.channels))

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        several(self, z, "aegan")
        w = self.projection(self.labels.append(z, condition))
        x = self.seed(w)  # (N, max_width, start, start)
        for stage in self.stages:
            x = stage(with_guide(x, condition, self.guide), w)  # twice as high and wide
        maps = self.maps(with_guide(x, condition, self.guide))  # (N, K, H, W)
        exact = torch.promote_types(maps.dtype, torch.float32)
        return mix(maps.softmax(1, exact), self.palette(w).to(exact))

    def palette(self, w: Tensor) -> Tensor:
        """(N, latent + 56), what the projection makes of latents -> (N, C, K) in [-1, 1]: K colours, one number per channel."""
        return torch.stack([palette(w) for palette in self.palettes], 1)


class Stage(nn.Module):
    """(N, cin, H, W), (N, latent) -> (N, cout, 2H, 2W): pixel shuffle, then convolution. With `latent` 0 w is not seen."""

    def __init__(self, cin: int, cout: int, latent: int, kernel: int) -> None:
        super().__init__()
        self.latent = latent
        self.missing = -(cin + latent) % 4  # a pixel shuffle makes one channel of four; none is missing in the source
        self.shuffle = nn.PixelShuffle(2)
        self.conv = conv((cin + latent + self.missing) // 4, cout, kernel)
        self.block = nn.Sequential(nn.BatchNorm2d(cout), nn.LeakyReLU(0.01))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        if self.latent:
            x = torch.cat([x, w.to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)
        x = self.shuffle(F.pad(x, (0, 0, 0, 0, 0, self.missing)) if self.missing else x)
        return self.block(self.conv(x))  # type: ignore[no-any-return]


def mix(weights: Tensor, palette: Tensor) -> Tensor:
    """(N, K, H, W) weights that sum to 1 over K, (N, C, K) palette -> (N, C, H, W) within the hull of the palette.

    Products and sums and no matrix product, which autocast would compute in less than float32. Rounding could take the
    result out of the hull, so it is clamped.
    """
    channels = []
    for colours in palette.unbind(1):
        low, high = colours.amin(1)[:, None, None], colours.amax(1)[:, None, None]
        channels.append((weights * colours[:, :, None, None]).sum(1).clamp(low, high))
    return torch.stack(channels, 1)


def _palette(size: int, colours: int) -> nn.Sequential:
    hidden, hidden2 = PALETTE
    return nn.Sequential(*dense(size, hidden), *dense(hidden, hidden2), nn.Linear(hidden2, colours), nn.Tanh())
