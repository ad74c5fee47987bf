"""Samples of a model and pictures of them, beside pictures of real images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from zoo_bench.records.folder import RunFolder
from zoo_bench.samples.guides import guides_for
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_core.pictures.grid import grid, write_png

if TYPE_CHECKING:
    pass

GRID_SAMPLES = 64


def draw_samples(bundle: Bundle, images: Images, folder: RunFolder, name: str) -> NDArray[np.uint8]:
    """A grid of fixed latents, the same in every picture of a run; with guides, those of held-out images. Returns it."""
    picture = sample_picture(bundle, images)
    write_png(picture, folder.samples / f"{name}.png")
    return picture


def sample_picture(bundle: Bundle, images: Images | None) -> NDArray[np.uint8]:
    """(H, W, 3) uint8, the grid that `draw_samples` writes. `images` are needed for models with guides alone."""
    guides = guides_for(bundle, images, GRID_SAMPLES) if images else None
    labels = torch.from_numpy(images.labels[guides.sources]) if images and guides and bundle.space.labels else None
    drawn = bundle.sample(GRID_SAMPLES, seed=0, labels=labels, guide=guides.lines if guides else None)
    return grid(drawn.permute(0, 2, 3, 1).numpy(), background=bundle.background)


def draw_real(images: Images, folder: RunFolder, colour: tuple[int, int, int]) -> None:
    """A grid of training images, evenly spread over the set."""
    train = np.flatnonzero(~images.held_out)
    chosen = np.linspace(0, len(train) - 1, min(GRID_SAMPLES, len(train))).round().astype(int)
    write_png(grid(images.pixels[train[chosen]], background=colour), folder.samples / "real.png")


def generate(bundle: Bundle, images: Images, n: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """n samples (N, H, W, C) uint8 with their labels, which repeat those of the training images in order.

    Samples of a guided model follow `guides_for(bundle, images, n)`, and have the labels of the images that these come from.
    """
    guides = guides_for(bundle, images, n)
    sources = guides.sources if guides else np.resize(np.flatnonzero(~images.held_out), n)
    labels = images.labels[sources]
    asked = torch.from_numpy(labels) if labels.shape[1] else None
    pixels = bundle.sample(n, seed=1, labels=asked, guide=guides.lines if guides else None)
    return pixels.permute(0, 2, 3, 1).contiguous().numpy(), labels
