"""Images as numbers: bytes from 0 to 255, and floats from -1 to 1."""

from __future__ import annotations

import torch
from torch import Tensor


def to_unit(pixels: Tensor, layout: torch.memory_format = torch.preserve_format) -> Tensor:
    """uint8 0..255 -> float -1..1."""
    return pixels.to(torch.float32, memory_format=layout).div_(127.5).sub_(1)


def to_pixels(images: Tensor) -> Tensor:
    """float -1..1 -> uint8 0..255, rounded."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
