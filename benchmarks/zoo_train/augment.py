"""Differentiable augmentation of what critics see. Zhao et al. 2020, DiffAugment, arXiv 2006.10738, section 3.2 and appendix.
Scaling and free rotation are those of ADA, see zoo_train.warp.

Real and generated images go through the same random transformations, and the generator learns through them, so that a critic
cannot learn a small set of images by heart. A transformation is leak-safe where the distribution of what comes out tells the
distribution of what went in (Karras et al. 2020, arXiv 2006.06676, section 2.2): then a generator gains nothing from making
augmented images. Nothing here is clamped or rounded, so that gradients of any order are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from zoo_train.warp import Warp, free_rotation, identity, scaling, stretching, warp

REACH = 1 / 8  # of the size: the largest translation (Zhao et al., appendix)
HOLE = 1 / 2  # of the size: the side of what is cut out (the same)
TRANSPARENT = -1.0  # of images with alpha: colour and opacity of a pixel that is not there
GREY = 0.0  # of other images: what no background is, so that a critic sees where an image was moved or cut

Pair = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class Operation:
    """apply(images, guide, numbers) -> images and guide; `draws` uniform numbers per image are (N, draws)."""

    draws: int
    apply: Callable[[Tensor, Tensor | None, Tensor], Pair]


def numbers(operations: Sequence[str]) -> int:
    """How many uniform numbers per image `augment` needs: those of every operation and one that says whether it is done."""
    return sum(1 + OPERATIONS[name].draws for name in operations)


def augment(
    images: Tensor, guide: Tensor | None, operations: Sequence[str], uniform: Tensor, probability: Tensor | float
) -> Pair:
    """Images (N, C, H, W) in [-1, 1], and their guide (N, K, H, W) or None, after operations that each image draws anew.

    operations   names among OPERATIONS, in the order they are done. Geometric ones move the guide with its image.
    uniform      (N, numbers(operations)) in [0, 1).
    probability  of each operation and image (Karras et al., section 2.3); a tensor may lie on the device.

    Images keep their type and memory format, and may leave [-1, 1], as in the paper.
    """
    layout = torch.channels_last if images.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
    place, looks = 0, identity(uniform)  # what warps that follow each other make together
    for name, after in zip(operations, (*operations[1:], ""), strict=True):
        operation = OPERATIONS[name]
        chosen = (uniform[:, place] < probability).view(-1, 1, 1, 1)
        given = uniform[:, place + 1 : place + 1 + operation.draws]
        place += 1 + operation.draws
        if isinstance(operation, Warp):
            looks = looks @ torch.where(chosen[..., 0], operation.looks(given), identity(uniform))
            if not isinstance(OPERATIONS.get(after), Warp):
                images, guide = warp(images, looks), None if guide is None else warp(guide, looks)
                looks = identity(uniform)
            continue
        changed, moved = operation.apply(images, guide, given)
        images = torch.where(chosen, changed.to(images.dtype), images)
        if guide is not None and moved is not None:
            guide = torch.where(chosen, moved, guide)
    return images.contiguous(memory_format=layout), guide


def colour(images: Tensor, guide: Tensor | None, uniform: Tensor) -> Pair:
    """Brightness by -0.5 to 0.5, saturation times 0 to 2, contrast times 0.5 to 1.5, in this order.

    Of images with alpha, opacity stays, a pixel changes as much as it is opaque, and means count what can be seen: what is
    transparent has no colour to change, and a critic that found colour there would know augmented images by it.
    """
    images = images.to(torch.promote_types(images.dtype, uniform.dtype))  # generated ones are bfloat16 under autocast
    brightness, saturation, contrast = uniform.to(images.dtype).view(-1, 3, 1, 1, 1).unbind(1)  # (N, 1, 1, 1) each
    has_alpha = images.shape[1] == 4
    before = images[:, :3] if has_alpha else images
    opacity = (images[:, 3:] + 1) / 2 if has_alpha else torch.ones_like(images[:, :1])
    x = before + (brightness - 0.5)
    x = torch.lerp(x.mean(1, keepdim=True).expand_as(x), x, 2 * saturation)
    seen = opacity.sum((1, 2, 3), keepdim=True).clamp_min(1)  # at least one pixel: an empty image has no mean
    mean = (x * opacity).sum((1, 2, 3), keepdim=True) / (seen * x.shape[1])
    x = torch.lerp(mean.expand_as(x), x, contrast + 0.5)
    if not has_alpha:
        return x, guide
    return torch.cat([torch.lerp(before, x, opacity.expand_as(x)), images[:, 3:]], 1), guide


def translation(images: Tensor, guide: Tensor | None, uniform: Tensor) -> Pair:
    """By up to an eighth of the size in whole pixels, each way and distance equally likely; what comes in is blank."""
    reach = max(1, int(images.shape[-1] * REACH + 0.5))
    by = (uniform * (2 * reach + 1)).floor().long() - reach  # (N, 2)
    down, right = by[:, :1], by[:, 1:]
    moved = None if guide is None else shift(guide, down, right, guide.new_zeros(()))
    return shift(images, down, right, _blank(images)), moved


def cutout(images: Tensor, guide: Tensor | None, uniform: Tensor) -> Pair:
    """A square of half the size becomes blank; its centre is any pixel, so that it may lie half outside."""
    size = images.shape[-1]
    side = int(size * HOLE + 0.5)
    first = (uniform * (size + 1 - side % 2)).floor() - side // 2  # (N, 2): its first row and column
    place = torch.arange(size, device=images.device)
    inside = (place >= first[..., None]) & (place < first[..., None] + side)  # (N, 2, size)
    hole = inside[:, 0, None, :, None] & inside[:, 1, None, None, :]
    return torch.where(hole, _blank(images), images), None if guide is None else torch.where(hole, guide.new_zeros(()), guide)


def rotation(images: Tensor, guide: Tensor | None, uniform: Tensor) -> Pair:
    """By 90, 180 or 270 degrees. With a probability of 1 it leaks: no image is upright then (Karras et al., section 2.2)."""
    turns = (uniform * 3).floor().view(-1, 1, 1, 1)

    def turned(x: Tensor) -> Tensor:
        quarter, half, three = (x.rot90(k, (2, 3)) for k in (1, 2, 3))
        return torch.where(turns == 0, quarter, torch.where(turns == 1, half, three))

    return turned(images), None if guide is None else turned(guide)


def shift(pixels: Tensor, down: Tensor, right: Tensor, blank: Tensor) -> Tensor:
    """Move each image of (N, C, H, W) by its own (N, 1) numbers of pixels; what comes in is `blank` (1, C, 1, 1)."""
    n, c, h, w = pixels.shape
    row = torch.arange(h, device=pixels.device) - down  # (N, H): where each row comes from
    column = torch.arange(w, device=pixels.device) - right
    inside = ((row >= 0) & (row < h))[:, None, :, None] & ((column >= 0) & (column < w))[:, None, None, :]
    moved = pixels.gather(2, row.clamp(0, h - 1)[:, None, :, None].expand(n, c, h, w))
    moved = moved.gather(3, column.clamp(0, w - 1)[:, None, None, :].expand(n, c, h, w))
    return torch.where(inside, moved, blank)


def _blank(images: Tensor) -> Tensor:
    return images.new_full((), TRANSPARENT if images.shape[1] == 4 else GREY)


OPERATIONS: dict[str, Operation | Warp] = {
    "colour": Operation(3, colour),
    "translation": Operation(2, translation),
    "cutout": Operation(2, cutout),
    "rotation": Operation(1, rotation),
    "scaling": Warp(1, scaling),
    "stretching": Warp(1, stretching),
    "free_rotation": Warp(1, free_rotation),
}
