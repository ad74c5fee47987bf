"""Faults that generators have, done to real images on purpose: to train the extractor `sprites` on and to try scores with."""

from __future__ import annotations

import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

NAMES = ("none", "blur", "noise", "jpeg", "colour", "tone", "coarse", "grid")
CHANNELS = ([1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2], [2, 1, 0])
RANGES = {
    "blur": (0.4, 2.5),
    "noise": (3.0, 40.0),
    "jpeg": (5.0, 60.0),
    "tone": (0.05, 0.5),
    "coarse": (2.0, 4.0),
    "grid": (4.0, 40.0),
}


def apply(image: Tensor, fault: str, strength: float, draw: np.random.Generator) -> Tensor:
    """(3, H, W) in [0, 255] -> the same, rounded as a file would be. Strength in the fault's own unit, see RANGES:

    blur    standard deviation in pixels.             noise   standard deviation, of 255.
    jpeg    quality.                                  colour  channels permuted; no strength.
    tone    change of brightness and contrast, 0..1.  coarse  side of the squares that pixels are averaged over.
    grid    amplitude of a checkerboard of one pixel, of 255: what transposed convolutions leave.
    """
    if fault == "blur":
        image = blur(image, strength)
    elif fault == "noise":
        image = image + strength * torch.from_numpy(draw.standard_normal(tuple(image.shape), np.float32))
    elif fault == "jpeg":
        image = jpeg(image, round(strength))
    elif fault == "colour":
        image = image[CHANNELS[int(draw.integers(len(CHANNELS)))]]
    elif fault == "tone":
        shift = torch.from_numpy(draw.choice([-1.0, 1.0], (3, 1, 1)).astype(np.float32)) * strength * 128
        image = (image - 128) * (1 - strength * float(draw.random())) + 128 + shift
    elif fault == "coarse":
        side = image.shape[-1]
        small = F.interpolate(image[None], round(side / strength), mode="area")
        image = F.interpolate(small, side, mode=("nearest", "bilinear")[int(draw.integers(2))])[0]
    elif fault == "grid":
        row, column = torch.arange(image.shape[1])[:, None], torch.arange(image.shape[2])
        image = image + strength * ((row + column) % 2 * 2 - 1)
    return image.clamp(0, 255).round()


def blur(image: Tensor, sd: float) -> Tensor:
    """Gaussian blur of (3, H, W), edges repeated."""
    radius = math.ceil(3 * sd)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sd) ** 2)
    kernel = (kernel / kernel.sum())[None, None]
    x = F.pad(image[:, None], (radius, radius, radius, radius), mode="replicate")
    return F.conv2d(F.conv2d(x, kernel[..., None, :]), kernel[..., :, None])[:, 0]


def jpeg(image: Tensor, quality: int) -> Tensor:
    """(3, H, W) in [0, 255] through a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(image.permute(1, 2, 0).byte().numpy()).save(file, "JPEG", quality=quality)
    with Image.open(file) as opened:
        return torch.from_numpy(np.array(opened)).permute(2, 0, 1).float()


def texture(size: int, draw: np.random.Generator) -> Tensor:
    """A picture of nothing: (3, size, size) in [0, 255] of smooth colour, waves and rectangles."""
    cells = int(draw.integers(2, 17))
    field = torch.from_numpy(draw.random((1, 3, cells, cells), np.float32) * 255)
    image = F.interpolate(field, size, mode=("bilinear", "nearest")[int(draw.integers(2))])[0]
    grid = torch.arange(size) / size
    for _ in range(int(draw.integers(3))):
        fx, fy, phase = (float(value) for value in draw.uniform(-12, 12, 3))
        wave = torch.sin(2 * math.pi * (fx * grid + fy * grid[:, None]) + phase)
        image = image + wave * torch.from_numpy(draw.uniform(-60, 60, (3, 1, 1)).astype(np.float32))
    for _ in range(int(draw.integers(4))):
        top, left = (int(value) for value in draw.integers(0, size - 4, 2))
        height, width = (int(value) for value in draw.integers(4, size // 2, 2))
        colour = torch.from_numpy(draw.uniform(0, 255, (3, 1, 1)).astype(np.float32))
        image[:, top : top + height, left : left + width] = colour
    return image.clamp(0, 255)


def batch(images: NDArray[np.uint8], fault: str, strength: float, seed: int = 0) -> NDArray[np.uint8]:
    """`apply` to (N, H, W, 3) uint8, one generator for all."""
    draw = np.random.default_rng(seed)
    ready = [apply(torch.from_numpy(image).permute(2, 0, 1).float(), fault, strength, draw) for image in images]
    return torch.stack(ready).byte().permute(0, 2, 3, 1).contiguous().numpy()
