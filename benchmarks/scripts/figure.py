"""The figure of images on white, and smooth random fields: what the faults are made with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

WHITE = 255.0


def figure(images: Tensor) -> Tensor:
    """(N, 3, H, W) on white -> (N, 1, H, W) of 0 and 1: what is not near white, and the gaps of up to two pixels in it."""
    found = (images.amin(1, keepdim=True) < 240).float()
    return -F.max_pool2d(-F.max_pool2d(found, 3, 1, 1), 3, 1, 1)


def field(count: int, channels: int, size: tuple[int, int], cells: int, draw: Generator) -> Tensor:
    """(count, channels, *size): smooth, about standard normal, with `cells` independent values along each side."""
    values = torch.randn(count, channels, cells, cells, generator=draw)
    return F.interpolate(values, size, mode="bicubic", align_corners=False)


def within(low: float, high: float, draw: Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=draw))


def whole(low: int, high: int, draw: Generator) -> int:
    """One of low, ..., high - 1."""
    return int(torch.randint(low, high, (), generator=draw))


def moved(images: Tensor, shift: Tensor, mode: str = "bilinear") -> Tensor:
    """Each pixel from `shift` (N, 2, H, W) pixels further right and down; white from outside."""
    height, width = images.shape[2:]
    grid = F.affine_grid(torch.eye(2, 3)[None].expand(len(images), -1, -1), list(images.shape), align_corners=False)
    steps = torch.stack([shift[:, 0] * 2 / width, shift[:, 1] * 2 / height], 3)
    return F.grid_sample(images - WHITE, grid + steps, mode=mode, align_corners=False) + WHITE


def region(images: Tensor, share: float, draw: Generator, cells: int = 4) -> Tensor:
    """(N, 1, H, W) of 0 and 1: about `share` of each figure, in connected patches."""
    inside = figure(images)
    if share >= 1:
        return inside
    values = field(len(images), 1, tuple(images.shape[2:]), cells, draw)  # type: ignore[arg-type]
    places = torch.where(inside > 0, values, torch.nan).flatten(1)
    edge = torch.nanquantile(places, 1 - share, dim=1)[:, None, None, None]
    return inside * (values > edge)


def colours_of(images: Tensor, count: int, draw: Generator) -> Tensor:
    """(N, 3, count): colours of pixels of the figures, each image's own."""
    chances = figure(images).flatten(1) + 1e-6
    rows = torch.multinomial(chances, count, replacement=True, generator=draw)
    return images.flatten(2).gather(2, rows[:, None].expand(-1, 3, -1))


def others(count: int, draw: Generator) -> Tensor:
    """For each of `count` images the number of another one."""
    return (torch.arange(count) + whole(1, count, draw)) % count
