"""Guides for samples of a guided model: the edge maps of real images, held-out ones where there are any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zoo_bench.records.folder import RunFolder
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_core.pictures.grid import grid, write_png

ROWS, TRIPLES = 6, 4  # of the figure


@dataclass(frozen=True)
class Guides:
    """What n samples follow.

    lines    (n, K, H, W), edge maps as the model was trained with.
    sources  (n,), the number of the image that each comes from; all held-out images in turn, again and again.
    """

    lines: Tensor
    sources: NDArray[np.int64]


def guides_for(bundle: Bundle, images: Images, n: int) -> Guides | None:
    """None for a model without guides. Where no image is held out, training images take their place."""
    if not bundle.space.guide:
        return None
    usable = np.flatnonzero(images.held_out if images.held_out.any() else ~images.held_out)
    sources = np.resize(usable, n)
    first = bundle.guide(torch.from_numpy(images.pixels[usable].transpose(0, 3, 1, 2)))
    return Guides(first[torch.arange(n) % len(usable)], sources)


def draw_guides(bundle: Bundle, images: Images, folder: RunFolder, background: tuple[int, int, int]) -> None:
    """samples/guides.png: guide, sample, the image that the guide came from, side by side; nothing without guides."""
    guides = guides_for(bundle, images, ROWS * TRIPLES)
    if guides is None:
        return
    labels = torch.from_numpy(images.labels[guides.sources]) if bundle.space.labels else None
    drawn = bundle.sample(len(guides.lines), seed=0, labels=labels, guide=guides.lines).permute(0, 2, 3, 1).numpy()
    channels = drawn.shape[3]
    lines = (255 - 255 * guides.lines[:, :1]).to(torch.uint8).permute(0, 2, 3, 1).numpy().repeat(channels, 3)
    if channels == 4:
        lines[..., 3] = 255
    triples = np.stack([lines, drawn, images.pixels[guides.sources]], 1)  # (n, 3, H, W, C)
    picture = grid(triples.reshape(-1, *drawn.shape[1:]), 3 * TRIPLES, background=background)
    write_png(picture, folder.samples / "guides.png")
