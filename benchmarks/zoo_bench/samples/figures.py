"""Figures of a finished model: the same latents under other labels, ways between latents, reconstructions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zoo_bench.samples.guides import guides_for
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_core.model.labels import random_labels
from zoo_core.model.latent import sample_latents
from zoo_core.model.latent_walk import between
from zoo_core.pictures.grid import GUTTER, grid, write_png
from zoo_train.encoder import Encoder

Background = tuple[int, int, int]
Pixels = NDArray[np.uint8]

LATENTS = 6  # rows of the figure of labels, for each attribute
MOST_VALUES = 24  # columns of it
WAYS, STEPS = 6, 9  # rows and columns of the interpolations
SHARES = [step / (STEPS - 1) for step in range(STEPS)]
PAIRS, PAIR_COLUMNS = 36, 12  # images in the figure of reconstructions, and in one of its rows


def draw_figures(bundle: Bundle, encoder: Encoder | None, images: Images, folder: Path, background: Background) -> None:
    """Write labels.png, interpolation.png and reconstruction.png into `folder`, those that the model can have.

    Raises RunFailure if the disk refuses.
    """
    pictures = {
        "labels": label_figure(bundle, images, background),
        "interpolation": interpolation_figure(bundle, encoder, images, background),
        "reconstruction": reconstruction_figure(bundle, encoder, images, background),
    }
    for name, picture in pictures.items():
        if picture is not None:
            write_png(picture, folder / f"{name}.png")


def label_figure(bundle: Bundle, images: Images, background: Background) -> Pixels | None:
    """(H, W, 3): rows are latents, columns the values of an attribute; one block of rows for each attribute.

    In a row nothing changes but that value: other attributes keep what was drawn for the row, and so does the guide. None
    for models without labels.
    """
    blocks = []
    for column, values in enumerate(bundle.space.labels.values()):
        shown = min(len(values), MOST_VALUES)
        labels = random_labels(bundle.space, LATENTS, seed=0).repeat_interleave(shown, 0)
        labels[:, column] = torch.arange(shown).repeat(LATENTS)
        guides = guides_for(bundle, images, LATENTS)
        lines = None if guides is None else guides.lines.repeat_interleave(shown, 0)
        z = sample_latents(bundle.prior, 0, 0, LATENTS).repeat_interleave(shown, 0)
        blocks.append(grid(_arrays(bundle.draw(z, labels, lines)), shown, background=background))
    return _stacked(blocks, background) if blocks else None


def interpolation_figure(bundle: Bundle, encoder: Encoder | None, images: Images, background: Background) -> Pixels:
    """(H, W, 3): a way per row. From latent to latent; with an encoder from the code of one held-out image to that of another,
    in straight lines, the two images themselves at the ends of the row. Label and guide are those of the left end.
    """
    return _between_images(bundle, encoder, images, background) if encoder else _between_latents(bundle, images, background)


def _between_latents(bundle: Bundle, images: Images, background: Background) -> Pixels:
    guides = guides_for(bundle, images, WAYS)
    labels = random_labels(bundle.space, WAYS, seed=0) if bundle.space.labels else None
    ends = sample_latents(bundle.prior, 0, 0, 2 * WAYS)
    steps = [between(ends[:WAYS], ends[WAYS:], share, bundle.prior) for share in SHARES]
    return grid(_ways(bundle, steps, labels, guides.lines if guides else None), STEPS, background=background)


def _between_images(bundle: Bundle, encoder: Encoder, images: Images, background: Background) -> Pixels:
    chosen = _shown(images, 2 * WAYS)
    count = max(1, len(chosen) // 2)
    left, right = chosen[:count], chosen[-count:]
    a, b = (encode(bundle, encoder, images, ends) for ends in (left, right))
    drawn = _ways(bundle, [torch.lerp(a, b, share) for share in SHARES], *_condition(bundle, images, left))
    rows = drawn.reshape(count, STEPS, *drawn.shape[1:])
    framed = np.concatenate([images.pixels[left][:, None], rows, images.pixels[right][:, None]], 1)
    return grid(framed.reshape(-1, *drawn.shape[1:]), STEPS + 2, background=background)


def _ways(bundle: Bundle, steps: list[Tensor], labels: Tensor | None, guide: Tensor | None) -> Pixels:
    """STEPS times (n, Z), labels and guide of n ways -> (n * STEPS, H, W, C), way by way."""
    labels, guide = (None if part is None else part.repeat_interleave(STEPS, 0) for part in (labels, guide))
    return _arrays(bundle.draw(torch.stack(steps, 1).flatten(0, 1), labels, guide))


def reconstruction_figure(bundle: Bundle, encoder: Encoder | None, images: Images, background: Background) -> Pixels | None:
    """(H, W, 3): rows of held-out images, below each row what the model makes of them. None without an encoder."""
    if encoder is None:
        return None
    chosen = _shown(images, PAIRS)
    again = reconstructed(bundle, encoder, images, chosen)
    columns = min(PAIR_COLUMNS, len(chosen))
    rows = []
    for start in range(0, len(chosen) - columns + 1, columns):
        rows += [images.pixels[chosen[start : start + columns]], again[start : start + columns]]
    return grid(np.concatenate(rows), columns, background=background)


def reconstructed(bundle: Bundle, encoder: Encoder, images: Images, chosen: NDArray[np.int64]) -> Pixels:
    """(n, H, W, C): what becomes of the images with these numbers when they are encoded and decoded."""
    codes = encode(bundle, encoder, images, chosen)
    return _arrays(bundle.draw(codes, *_condition(bundle, images, chosen)))


def encode(bundle: Bundle, encoder: Encoder, images: Images, chosen: NDArray[np.int64]) -> Tensor:
    """(n, Z): codes of the images with these numbers."""
    return encoder.encode(_tensor(images.pixels[chosen]), *_condition(bundle, images, chosen))


def _condition(bundle: Bundle, images: Images, chosen: NDArray[np.int64]) -> tuple[Tensor | None, Tensor | None]:
    labels = torch.from_numpy(images.labels[chosen]) if bundle.space.labels else None
    return labels, bundle.guide(_tensor(images.pixels[chosen])) if bundle.space.guide else None


def _shown(images: Images, most: int) -> NDArray[np.int64]:
    """Numbers of up to `most` held-out images, evenly chosen; of training images where none is held out."""
    usable = np.flatnonzero(images.held_out if images.held_out.any() else ~images.held_out)
    places = np.linspace(0, len(usable) - 1, min(most, len(usable))).round().astype(np.int64)
    return np.asarray(usable[places], np.int64)


def _tensor(pixels: Pixels) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))


def _arrays(pixels: Tensor) -> Pixels:
    """(n, C, H, W) -> (n, H, W, C)."""
    found: Pixels = pixels.permute(0, 2, 3, 1).numpy()
    return found


def _stacked(blocks: list[Pixels], background: Background) -> Pixels:
    """Pictures below each other, four gutters apart."""
    width = max(block.shape[1] for block in blocks)
    height = sum(block.shape[0] for block in blocks) + 4 * GUTTER * (len(blocks) - 1)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = background
    top = 0
    for block in blocks:
        picture[top : top + block.shape[0], : block.shape[1]] = block
        top += block.shape[0] + 4 * GUTTER
    return picture
