"""A generator that integrates an ordinary differential equation from noise to image: Lipman et al. 2023, arXiv 2210.02747.

Along the straight path x(t) = (1 - t) noise + t image the velocity is (image - x) / (1 - t) (equation 21, sigma_min 0). The
network predicts the image and not the velocity, so that any upsampler's head can end it, and so that the last Euler step
lands on what the head made: in [-1, 1].
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from acme_flow.options import FlowOptions
from zoo_core.interfaces import Condition, Generator, Upsampler
from zoo_core.nets.condition import LabelEmbedding, with_guide
from zoo_core.nets.layers import norm
from zoo_core.space import Space, halvings

WAVES = 8  # the time enters as sines and cosines of this many frequencies


class FlowGenerator(Generator):
    """Latents (N, latent) -> images (N, C, size, size); the latent is the noise, repeated or cut to fill an image."""

    def __init__(self, space: Space, latent: int, upsampler: Upsampler, options: FlowOptions) -> None:
        super().__init__()
        self.latent, self.steps, self.guide = latent, options.steps, space.guide
        self.shape = (space.channels, space.size, space.size)
        self.labels = LabelEmbedding(space, options.embedding)
        code = 2 * WAVES + self.labels.size
        halving = halvings(space.size)[1]
        widths = [min(options.width * 2**i, options.max_width) for i in range(halving)]  # from half resolution down
        seen = space.channels + space.guide
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise((seen, *widths)))
        self.down_blocks = nn.ModuleList(Block(width, code) for width in widths)
        up = [*widths[::-1], options.width]
        joined = [up[0], *(2 * width for width in up[1:-1])]  # what came down joins what goes up
        self.up = nn.ModuleList(upsampler.stage(a, b, code) for a, b in zip(joined, up[1:], strict=True))
        self.up_blocks = nn.ModuleList(Block(width, code) for width in up[1:])
        self.head = upsampler.head(options.width + seen, space.channels, code)

    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        x = self.noise(z)
        for i in range(self.steps):
            image = self.predict(x, x.new_full((len(x),), i / self.steps), condition)
            x = x + (image - x) / (self.steps - i)  # a step of 1 / steps times the velocity
        return x

    def noise(self, z: Tensor) -> Tensor:
        """(N, latent) -> (N, C, H, W)."""
        size = math.prod(self.shape)
        return z.repeat(1, -(-size // self.latent))[:, :size].unflatten(1, self.shape)

    def predict(self, x: Tensor, t: Tensor, condition: Condition) -> Tensor:
        """What is on the way (N, C, H, W) at times (N,) in [0, 1) -> the expected image (N, C, H, W) in [-1, 1]."""
        waves = t[:, None] * math.pi * torch.arange(1, WAVES + 1, device=t.device)
        w = torch.cat([waves.sin(), waves.cos(), self.labels(condition, t[:, None])], 1)  # (N, code)
        x = seen = with_guide(x, condition, self.guide)
        levels = []
        for down, block in zip(self.down, self.down_blocks, strict=True):
            x = block(down(x), w)  # half as high and wide
            levels.append(x)
        levels.pop()
        for stage, block in zip(self.up, self.up_blocks, strict=True):
            x = block(stage(x, w), w)  # twice as high and wide
            x = torch.cat([x, levels.pop() if levels else seen], 1)
        image: Tensor = self.head(x, w)
        return image


class Block(nn.Module):
    """(N, width, H, W), (N, code) -> (N, width, H, W): a convolution beside a shortcut, scaled and shifted by the code."""

    def __init__(self, width: int, code: int) -> None:
        super().__init__()
        self.norm = norm("layer", width)
        self.modulation = nn.Linear(code, 2 * width)
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.modulation(w)[:, :, None, None].chunk(2, 1)
        y: Tensor = self.norm(x) * (1 + scale) + shift
        return x + self.conv(nn.functional.silu(y))  # type: ignore[no-any-return]
