"""Scaling and rotation by any amount: Karras et al. 2020, arXiv 2006.06676, appendix B, "geometric transformations".

A warp is a matrix that says for each pixel where it looks in the image, from the middle; those of several warps are
multiplied and the image is sampled once. Beyond its border the image is mirrored, as there. It is sampled bilinearly at its own
resolution; the paper goes through twice the resolution and a wavelet filter, which no turn by 90 degrees would leave exact.
Sampling is by `gather`: torch.nn.functional.grid_sample has no second derivative, which gradient penalties need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

OCTAVES = 0.2  # standard deviation of the logarithm of a scale, to the base 2 (Karras et al., appendix B)
TAIL = 1e-5  # share of uniform numbers at either end that count as the last before: scales stay within 2 ** +-0.85


@dataclass(frozen=True)
class Warp:
    """looks(numbers) -> (N, 2, 2), row and column: where a pixel looks; `draws` uniform numbers per image are (N, draws)."""

    draws: int
    looks: Callable[[Tensor], Tensor]


def identity(like: Tensor) -> Tensor:
    """(1, 2, 2)"""
    return torch.eye(2, dtype=like.dtype, device=like.device)[None]


def scaling(uniform: Tensor) -> Tensor:
    """Both ways by the same factor, log-normal."""
    return identity(uniform) / factor(uniform)


def stretching(uniform: Tensor) -> Tensor:
    """Wider by a log-normal factor, and flatter by the same: anisotropic scaling."""
    by = factor(uniform)[:, 0]
    return torch.diag_embed(torch.cat([by, 1 / by], 1))


def free_rotation(uniform: Tensor) -> Tensor:
    """By any angle, all equally likely. With a probability of 1 it leaks, as `rotation` does."""
    angle = (2 * uniform - 1) * pi
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([torch.cat([cos, sin], 1), torch.cat([-sin, cos], 1)], 1)


def factor(uniform: Tensor) -> Tensor:
    """(N, 1) uniform -> (N, 1, 1): 2 to the power of a normal number with the standard deviation OCTAVES."""
    return torch.exp2(OCTAVES * torch.special.ndtri(uniform.clamp(TAIL, 1 - TAIL)))[..., None]


def warp(images: Tensor, looks: Tensor) -> Tensor:
    """(N, C, H, W) sampled where `looks` (N, 2, 2) says. Keeps the type.

    Images with alpha (C = 4) take the nearest pixel: between two pixels, colours would mix with that of what is not there.
    """
    h, w = images.shape[2:]
    middle = looks.new_tensor([(h - 1) / 2, (w - 1) / 2]).view(1, 2, 1)
    rows, columns = torch.meshgrid(torch.arange(h, device=looks.device), torch.arange(w, device=looks.device), indexing="ij")
    pixels = torch.stack([rows.flatten(), columns.flatten()]).to(looks.dtype)  # (2, H * W)
    row, column = (looks @ (pixels - middle) + middle).unbind(1)  # (N, H * W) each
    if images.shape[1] == 4:
        return _take(images, row.round(), column.round()).view_as(images)
    top, left = row.floor(), column.floor()
    down, right = (row - top)[:, None], (column - left)[:, None]  # (N, 1, H * W) in [0, 1)
    wide = images.to(torch.promote_types(images.dtype, looks.dtype))
    upper = torch.lerp(_take(wide, top, left), _take(wide, top, left + 1), right.to(wide.dtype))
    lower = torch.lerp(_take(wide, top + 1, left), _take(wide, top + 1, left + 1), right.to(wide.dtype))
    return torch.lerp(upper, lower, down.to(wide.dtype)).view_as(images).to(images.dtype)


def _take(images: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """(N, C, H, W) at whole places (N, P), mirrored at the border -> (N, C, P)."""
    n, c, h, w = images.shape
    place = _mirrored(row, h) * w + _mirrored(column, w)
    return images.reshape(n, c, h * w).gather(2, place[:, None].expand(n, c, -1))


def _mirrored(place: Tensor, size: int) -> Tensor:
    """Any whole number -> 0 to size - 1, back and forth; the last pixel is not repeated, as in torch's padding "reflect"."""
    period = max(1, 2 * (size - 1))
    inside = place.long().remainder(period)
    return torch.minimum(inside, period - inside)
