"""Faults that generators have, of form and of texture, done to sets of images on purpose to try scores with.

A fault is done to a set: (N, 3, H, W) in [0, 255] on white -> the same, rounded as a file would be. The figure is what is not
near white. `WEIGHT` orders the faults as people do, see `weight`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from spoilt_form import blobs, dreams, elastic, ghosts, ground, inverted, limbs, parts, patches, perspective, ragged, regions
from spoilt_surface import blotches, cut, hatch, outline, smear, specks
from torch import Generator, Tensor

CHANNELS = ([1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2], [2, 1, 0])


@dataclass(frozen=True)
class Fault:
    """What is done, between which strengths, and how much it weighs at both ends.

    `spoil(images, strength, draw)` gets (N, 3, H, W). Between the ends the logarithm of the weight is linear in the logarithm
    of the strength.
    """

    spoil: Callable[[Tensor, float, Generator], Tensor]
    low: float
    high: float
    weight_low: float
    weight_high: float


def blur(images: Tensor, sd: float, draw: Generator | None = None) -> Tensor:
    """Gaussian blur of (N, 3, H, W), standard deviation in pixels, edges repeated."""
    radius = math.ceil(3 * sd)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sd) ** 2)
    kernel = (kernel / kernel.sum())[None, None]
    shape = images.shape
    x = F.pad(images.reshape(-1, 1, *shape[2:]), (radius, radius, radius, radius), mode="replicate")
    return F.conv2d(F.conv2d(x, kernel[..., None, :]), kernel[..., :, None]).reshape(shape)


def noise(images: Tensor, sd: float, draw: Generator) -> Tensor:
    """Independent in every pixel and channel; standard deviation, of 255."""
    return images + sd * torch.randn(images.shape, generator=draw)


def jpeg(images: Tensor, damage: float, draw: Generator | None = None) -> Tensor:
    """Through a JPEG file of quality 100 - `damage`."""
    ready = []
    for image in images.clamp(0, 255).round().byte().permute(0, 2, 3, 1).numpy():
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=round(100 - damage))
        with Image.open(file) as opened:
            ready.append(np.array(opened))
    return torch.from_numpy(np.stack(ready)).permute(0, 3, 1, 2).float()


def colour(images: Tensor, strength: float, draw: Generator) -> Tensor:
    """Channels permuted, one permutation for the set, as far as `strength` in [0, 1]."""
    order = CHANNELS[int(torch.randint(len(CHANNELS), (), generator=draw))]
    return images + strength * (images[:, order] - images)


def tone(images: Tensor, strength: float, draw: Generator) -> Tensor:
    """Brightness and contrast of the figures, one change for the set, as a part of the range."""
    change = strength * torch.randn(3, 1, 1, generator=draw).clamp(-2, 2)
    squeeze = 1 - strength * torch.rand((), generator=draw)
    return torch.where(images.amin(1, keepdim=True) > 250, images, (images - 128) * squeeze + 128 + 64 * change)


def coarse(images: Tensor, cells: float, draw: Generator) -> Tensor:
    """Averaged over squares of this many pixels, and enlarged again: as squares or smoothly."""
    side = images.shape[-1]
    small = F.interpolate(images, round(side / cells), mode="area")
    return F.interpolate(small, side, mode=("nearest", "bilinear")[int(torch.randint(2, (), generator=draw))])


def grid(images: Tensor, amplitude: float, draw: Generator | None = None) -> Tensor:
    """A checkerboard of single pixels over everything, of 255: what transposed convolutions leave."""
    row, column = torch.arange(images.shape[2])[:, None], torch.arange(images.shape[3])
    return images + amplitude * ((row + column) % 2 * 2 - 1)


FAULTS: Mapping[str, Fault] = {
    "grid": Fault(grid, 4, 32, 0.02, 0.6),
    "colour": Fault(colour, 0.5, 1, 0.06, 0.11),
    "tone": Fault(tone, 0.05, 0.5, 0.03, 0.6),
    "blur": Fault(blur, 0.4, 2.5, 0.14, 3.0),
    "noise": Fault(noise, 3, 40, 0.17, 4.0),
    "jpeg": Fault(jpeg, 40, 95, 0.2, 2.0),
    "coarse": Fault(coarse, 1.6, 4, 0.6, 3.0),
    "hatch": Fault(hatch, 6, 80, 0.12, 1.6),
    "specks": Fault(specks, 0.03, 0.9, 0.25, 2.0),
    "blotches": Fault(blotches, 0.15, 1, 0.5, 2.8),
    "cut": Fault(cut, 0.1, 0.6, 0.5, 2.2),
    "smear": Fault(smear, 1.5, 6, 0.6, 2.2),
    "outline": Fault(outline, 0.2, 1, 0.2, 1.0),
    "patches": Fault(patches, 0.2, 1, 0.5, 2.6),
    "parts": Fault(parts, 0.3, 1, 0.5, 1.8),
    "limbs": Fault(limbs, 0.1, 0.4, 0.25, 1.6),
    "elastic": Fault(elastic, 0.8, 8, 0.2, 2.2),
    "perspective": Fault(perspective, 0.04, 0.2, 0.08, 0.8),
    "ragged": Fault(ragged, 0.7, 5, 0.3, 2.2),
    "regions": Fault(regions, 2, 16, 0.2, 0.8),
    "ground": Fault(ground, 4, 80, 0.2, 3.5),
    "ghosts": Fault(ghosts, 0.1, 0.5, 0.3, 2.2),
    "dreams": Fault(dreams, 1.5, 12, 0.8, 3.5),
    "blobs": Fault(blobs, 0.2, 1, 2.2, 7.0),
    "inverted": Fault(inverted, 0.5, 1, 2.0, 4.0),
}


def weight(name: str, strength: float) -> float:
    """How far a set with this fault should lie from the clean one; 1 is about a blur of one pixel at 64 pixels.

    The rule: what is not seen without looking for it (a faint grid, other colours, a trace of blur) weighs up to 0.3; what is
    seen when looking closely (blur of one pixel, noise of 10) up to 1; what is seen at once in a thumbnail, a figure that
    is none any more, 1.5 and more.
    """
    fault = FAULTS[name]
    along = math.log(strength / fault.low) / math.log(fault.high / fault.low)
    return math.exp(math.log(fault.weight_low) * (1 - along) + math.log(fault.weight_high) * along)


def apply(images: Tensor, name: str, strength: float, draw: Generator) -> Tensor:
    """(N, 3, H, W) in [0, 255] -> the same with the fault, rounded."""
    return FAULTS[name].spoil(images, strength, draw).clamp(0, 255).round()


def batch(images: NDArray[np.uint8], name: str, strength: float, seed: int = 0) -> NDArray[np.uint8]:
    """`apply` to (N, H, W, 3) uint8."""
    ready = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    spoilt = apply(ready, name, strength, torch.Generator().manual_seed(seed))
    return spoilt.byte().permute(0, 2, 3, 1).contiguous().numpy()
