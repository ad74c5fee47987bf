"""Faults of what fills a figure: its silhouette stays. (N, 3, H, W) in [0, 255] on white -> the same."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from figure import WHITE, colours_of, field, figure, region, whole, within
from torch import Generator, Tensor


def hatch(images: Tensor, amplitude: float, draw: Generator) -> Tensor:
    """Stripes, squares or dots with a period of 2 to 8 pixels inside the figures, of 255."""
    row, column = torch.arange(images.shape[2])[:, None], torch.arange(images.shape[3])[None]
    period, kind = whole(2, 9, draw), whole(0, 4, draw)
    across = torch.cos(2 * math.pi * column / period + torch.zeros_like(row))
    down = torch.cos(2 * math.pi * row / period + torch.zeros_like(column))
    diagonal = torch.cos(2 * math.pi * (row + column * (1 - 2 * whole(0, 2, draw))) / period)
    wave = (across, across * down, diagonal, across + down)[kind]
    wave = wave / wave.square().mean().sqrt()
    tint = amplitude * (0.5 + torch.rand(len(images), 3, 1, 1, generator=draw)) / 1.5
    signs = torch.randint(0, 2, (len(images), 3, 1, 1), generator=draw) * 2 - 1 if whole(0, 2, draw) else 1
    return images + figure(images) * wave * tint * signs


def specks(images: Tensor, share: float, draw: Generator) -> Tensor:
    """This share of the pixels or 2x2 squares of the figures is of any colour, or of one that the figure has elsewhere."""
    count, _, height, width = images.shape
    side = whole(1, 3, draw)
    size = (count, 1, height // side, width // side)
    if whole(0, 2, draw):
        any_colour = 255 * torch.rand(count, 3, *size[2:], generator=draw)
    else:
        any_colour = colours_of(images, size[2] * size[3], draw).reshape(count, 3, *size[2:])
    chosen = (torch.rand(size, generator=draw) < share).float()
    chosen, any_colour = (F.interpolate(each, (height, width)) for each in (chosen, any_colour))
    return torch.where(chosen * figure(images) > 0, any_colour, images)


def blotches(images: Tensor, share: float, draw: Generator) -> Tensor:
    """Patches of the figures are filled with spots of a few of their colours, with soft or hard edges."""
    cells, count = whole(3, 17, draw), whole(2, 6, draw)
    size = (images.shape[2], images.shape[3])
    values = field(len(images), count, size, cells, draw)
    mixture = torch.softmax(values * (1.5, 8.0)[whole(0, 2, draw)], 1)
    fill = torch.einsum("nkhw,nck->nchw", mixture, colours_of(images, count, draw))
    return torch.where(region(images, share, draw) > 0, fill, images)


def smear(images: Tensor, sd: float, draw: Generator) -> Tensor:
    """Inside, the figures are blurred (standard deviation in pixels) or in two or three tones; the silhouette stays."""
    inside = figure(images)
    radius = round(2 * sd)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sd) ** 2)
    weights = torch.outer(kernel, kernel)[None, None]
    shape = images.shape
    summed = F.conv2d((images * inside).reshape(-1, 1, *shape[2:]), weights, padding=radius).reshape(shape)
    mean = summed / F.conv2d(inside, weights, padding=radius).clamp(min=1e-6)
    if whole(0, 2, draw):
        step = within(40, 90, draw)
        mean = (mean / step).round() * step
    return torch.where(inside > 0, mean, images)


def outline(images: Tensor, share: float, draw: Generator) -> Tensor:
    """Dark lines are painted over with the colours beside them, in this share of the figure."""
    lighter = images
    for _ in range(2):
        inner = torch.where(lighter.amin(1, keepdim=True) > 240, torch.zeros(()), lighter)
        lighter = torch.maximum(lighter, F.max_pool2d(inner, 3, 1, 1))
    lost = region(images, share, draw, 6) > 0
    edge = F.max_pool2d((figure(images) == 0).float(), 3, 1, 1) > 0
    kind = whole(0, 2, draw)
    filled = torch.where(edge, torch.full((), WHITE), images) if kind else lighter
    return torch.where(lost, filled, images)


def cut(images: Tensor, share: float, draw: Generator) -> Tensor:
    """Stripes, squares or dots of this share of the figures are ground or black."""
    row, column = torch.arange(images.shape[2])[:, None], torch.arange(images.shape[3])[None]
    down, across, phase = within(1.5, 8, draw), within(1.5, 8, draw), 6 * torch.rand(len(images), 2, 1, 1, generator=draw)
    waves = torch.sin(2 * math.pi * row / down + phase[:, :1]), torch.sin(2 * math.pi * column / across + phase[:, 1:])
    pattern = (waves[0] + waves[1], waves[0] + 0 * waves[1], waves[1] + 0 * waves[0])[whole(0, 3, draw)]
    pattern = pattern + 0.5 * field(len(images), 1, (images.shape[2], images.shape[3]), whole(4, 16, draw), draw)
    edge = torch.quantile(pattern.flatten(1), share, dim=1)[:, None, None, None]
    lost = (WHITE, 0.0, WHITE)[whole(0, 3, draw)]
    return torch.where((pattern < edge) & (figure(images) > 0), torch.full((), lost), images)
