"""Faults of form: figures that are none any more, though each piece may be well drawn. (N, 3, H, W) on white -> the same."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from figure import WHITE, colours_of, field, figure, moved, others, whole, within
from torch import Generator, Tensor


def patches(images: Tensor, share: float, draw: Generator) -> Tensor:
    """Squares of an eighth of the side within the figure change places: this share of them."""
    return shuffled(images, share, images.shape[2] // 8, draw)


def shuffled(images: Tensor, share: float, side: int, draw: Generator) -> Tensor:
    """Squares of `side` pixels that are not ground alone change places at random: this share of them."""
    count, channels, height, width = images.shape
    rows, columns = height // side, width // side
    cut = images[:, :, : rows * side, : columns * side].reshape(count, channels, rows, side, columns, side)
    tiles = cut.permute(0, 2, 4, 1, 3, 5).reshape(count, rows * columns, channels, side, side).clone()
    for image in tiles:
        inside = torch.nonzero(image.amin((1, 2, 3)) < 240)[:, 0]
        chosen = inside[torch.randperm(len(inside), generator=draw)[: max(2, round(share * len(inside)))]]
        image[chosen] = image[chosen[torch.randperm(len(chosen), generator=draw)]]
    back = tiles.reshape(count, rows, columns, channels, side, side).permute(0, 3, 1, 4, 2, 5)
    result = images.clone()
    result[:, :, : rows * side, : columns * side] = back.reshape(count, channels, rows * side, columns * side)
    return result


def parts(images: Tensor, share: float, draw: Generator) -> Tensor:
    """Of two by two to four by four fields of the picture this share is another figure's."""
    across = whole(2, 5, draw)
    result = images.clone()
    size = images.shape[2:]
    for _ in range(3):
        chosen = (torch.rand(len(images), 1, across, across, generator=draw) < share / 2).float()
        result = torch.where(F.interpolate(chosen, size) > 0, images[others(len(images), draw)], result)
    return result


def limbs(images: Tensor, radius: float, draw: Generator) -> Tensor:
    """A circle of the figure is cut off or drawn a second time elsewhere; its radius as a part of the side."""
    result = images
    height, width = images.shape[2:]
    row, column = torch.arange(height)[:, None], torch.arange(width)[None]
    inside = figure(images).flatten(1) + 1e-6
    for _ in range(2):
        places = torch.multinomial(inside, 1, generator=draw)[:, 0]
        top, left = places // width, places % width
        away = torch.hypot((row - top[:, None, None]).float(), (column - left[:, None, None]).float())
        circle = (away < radius * height / 2)[:, None]
        if whole(0, 2, draw):
            result = torch.where(circle, torch.full((), WHITE), result)
        else:
            shift = (torch.rand(len(images), 2, 1, 1, generator=draw) - 0.5) * height * 0.7
            copied = moved(images, shift.expand(-1, -1, height, width).round(), "nearest")
            result = torch.where(circle, copied, result)
    return result


def elastic(images: Tensor, amplitude: float, draw: Generator) -> Tensor:
    """Bent by a smooth field; amplitude in 64ths of the side."""
    size = (images.shape[2], images.shape[3])
    shift = field(len(images), 2, size, whole(3, 9, draw), draw) * amplitude * size[0] / 64
    return moved(images, shift, ("bilinear", "nearest")[whole(0, 2, draw)])


def perspective(images: Tensor, strength: float, draw: Generator) -> Tensor:
    """Turned, sheared and stretched, each image in its own way."""
    change = torch.randn(len(images), 2, 3, generator=draw) * strength * torch.tensor([1.0, 1.0, 0.3])
    grid = F.affine_grid(torch.eye(2, 3) + change, list(images.shape), align_corners=False)
    tilt = 1 + (torch.rand(len(images), 1, 1, 1, generator=draw) - 0.5) * 2 * strength * grid[..., :1]
    mode = ("bilinear", "nearest")[whole(0, 2, draw)]
    return F.grid_sample(images - WHITE, grid * tilt, mode=mode, align_corners=False) + WHITE


def ragged(images: Tensor, amplitude: float, draw: Generator) -> Tensor:
    """Torn by a field that changes every few pixels: frayed edges; amplitude in 64ths of the side."""
    size = (images.shape[2], images.shape[3])
    shift = field(len(images), 2, size, max(8, round(size[0] / within(2, 5, draw))), draw) * amplitude * size[0] / 64
    torn = moved(images, shift, "nearest")
    if whole(0, 2, draw):
        return torn
    inside, was = figure(torn), figure(images)  # the edge alone
    return torch.where(inside > 0, torch.where(was > 0, images, torn), torch.full((), WHITE))


def regions(images: Tensor, distance: float, draw: Generator) -> Tensor:
    """Colours move to other regions (in 64ths of the side), light and dark stay."""
    size = (images.shape[2], images.shape[3])
    shift = field(len(images), 2, size, 3, draw) * distance * size[0] / 64
    light = images.mean(1, keepdim=True)
    elsewhere = moved(images, shift, "nearest")
    moved_colour = elsewhere - elsewhere.mean(1, keepdim=True)
    return torch.where(figure(images) > 0, light + moved_colour, images)


def ground(images: Tensor, strength: float, draw: Generator) -> Tensor:
    """The ground is tinted, clouded or speckled, of 255."""
    size = (images.shape[2], images.shape[3])
    kind = whole(0, 3, draw)
    if kind == 0:
        shade = torch.rand(len(images), 3, 1, 1, generator=draw).expand(-1, -1, *size) * 1.5
    elif kind == 1:
        shade = field(len(images), 3, size, whole(3, 12, draw), draw).abs()
    else:
        shade = (
            (torch.rand(len(images), 1, *size, generator=draw) < 0.08) * 4 * torch.rand(len(images), 3, *size, generator=draw)
        )
    return torch.where(figure(images) > 0, images, images - strength * shade)


def inverted(images: Tensor, share: float, draw: Generator) -> Tensor:
    """Figure and ground change places: the ground has the colours of another figure. In this share of the images."""
    inside = figure(images)
    fill = blotted(images, draw)
    chosen = torch.rand(len(images), 1, 1, 1, generator=draw) < share
    return torch.where(chosen, torch.where(inside > 0, torch.full((), WHITE), fill), images)


def blotted(images: Tensor, draw: Generator) -> Tensor:
    """Smooth spots of the images' own colours over the whole picture."""
    size = (images.shape[2], images.shape[3])
    colours = images.flatten(2)[:, :, torch.randint(0, size[0] * size[1], (3,), generator=draw)]
    return torch.einsum("nkhw,nck->nchw", torch.softmax(3 * field(len(images), 3, size, 5, draw), 1), colours)


def ghosts(images: Tensor, share: float, draw: Generator) -> Tensor:
    """Another figure shines through."""
    return images * (1 - share) + images[others(len(images), draw)] * share


def dreams(images: Tensor, cells: float, draw: Generator) -> Tensor:
    """Each place shows one of several figures, or a blend of them, as a smooth field says: what a young generator draws."""
    size = (images.shape[2], images.shape[3])
    count, sharp = whole(2, 6, draw), (1.5, 4.0, 12.0)[whole(0, 3, draw)]
    mixture = torch.softmax(sharp * field(len(images), count, size, max(2, round(cells)), draw), 1)
    shown = torch.stack([images[others(len(images), draw)] for _ in range(count - 1)] + [images], 1)
    return (mixture[:, :, None] * shown).sum(1)


def blobs(images: Tensor, share: float, draw: Generator) -> Tensor:
    """A soft shape in a few of the figure's colours takes its place, with or without an outline; `share` of it is chance."""
    size = (images.shape[2], images.shape[3])
    count = len(images)
    height = (
        F.avg_pool2d(figure(images), 9, 1, 4) * 2 - 1 + share * (0.8 * field(count, 1, size, whole(3, 9, draw), draw) - 0.2)
    )
    row = torch.linspace(-1, 1, size[0])[:, None].square() + torch.linspace(-1, 1, size[1])[None].square()
    height = height * (1 - share) + share * (0.7 * field(count, 1, size, whole(3, 8, draw), draw) + 0.5 - 1.2 * row)
    tones, sharp = whole(1, 4, draw), within(1, 10, draw)
    mixture = torch.softmax(sharp * field(count, tones, size, whole(3, 7, draw), draw), 1)
    fill = torch.einsum("nkhw,nck->nchw", mixture, colours_of(images, tones, draw))
    if whole(0, 2, draw):
        fill = fill * (height[:, :1].abs() * within(3, 8, draw)).clamp(0, 1)
    edge = torch.sigmoid(height * within(6, 60, draw))
    return edge * fill + (1 - edge) * WHITE
