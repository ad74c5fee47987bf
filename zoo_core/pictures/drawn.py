"""What `zoo sample` writes: one picture of many images, a file for each, or a picture that moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zoo_core import __version__
from zoo_core.errors import ZooError
from zoo_core.files import write_bytes
from zoo_core.model.bundle import Bundle
from zoo_core.model.labels import labels_tensor
from zoo_core.model.latent_walk import walk
from zoo_core.pictures.animation import animation
from zoo_core.pictures.drawing import read_drawing
from zoo_core.pictures.grid import grid, on_background, write_png


@dataclass(frozen=True)
class Sheet:
    """What is to be drawn.

    guides      (G, 1, H, W), one for each row; None for models that take none.
    count       images of each row.
    background  behind transparent pixels; None keeps them transparent.
    """

    bundle: Bundle
    labels: Mapping[str, str]
    guides: Tensor | None
    count: int
    seed: int
    truncation: float | None
    background: tuple[int, int, int] | None
    columns: int | None
    scale: int

    @property
    def rows(self) -> int:
        return 1 if self.guides is None else len(self.guides)

    @property
    def notes(self) -> dict[str, str]:
        """What a picture says of itself; no path of this machine."""
        said = {"Software": f"zoo-core {__version__}", "Seed": str(self.seed)}
        return said | ({"Source": self.bundle.source} if self.bundle.source else {})


def read_guides(bundle: Bundle, drawings: Sequence[Path]) -> Tensor | None:
    """(len(drawings), 1, H, W). Raises ZooError if there are none for a model that follows lines, or some for another."""
    if drawings and not bundle.space.guide:
        raise ZooError(f"--guide {drawings[0]}: this model takes no guide; leave the option out")
    if bundle.space.guide and not drawings:
        raise ZooError("this model follows lines; type --guide drawing.png, a drawing of any size")
    _, thin = bundle.edges
    return torch.cat([read_drawing(path, bundle.space.size, thin) for path in drawings]) if drawings else None


def to_picture(sheet: Sheet, seeds: Sequence[int] | None, frames: int, out: Path) -> int:
    """Write a grid, or a strip for every leg from seed to seed, as PNG. Returns the number of images drawn."""
    if seeds is None:
        pixels = _drawn(sheet, sheet.bundle.latents(sheet.count, sheet.seed, 0, sheet.truncation), sheet.seed)
        across, width = sheet.count, None
    else:
        pixels = _strips(sheet, seeds, frames)
        across, width = len(pixels) // sheet.rows, frames
    drawn = len(pixels)
    if sheet.guides is not None:  # a row is a drawing and what follows it
        across, width = (across, across + 1) if seeds is None else (frames, frames + 1)
        pixels = _beside_guides(sheet, pixels, across)
    picture = grid(_channels_last(pixels), sheet.columns or width, sheet.scale, sheet.background)
    _make(out.absolute().parent, out)
    write_png(picture, out, sheet.notes)
    return drawn


def to_folder(sheet: Sheet, seeds: Sequence[int] | None, frames: int, out: Path, at_once: int) -> int:
    """Write every image as a PNG of its own: 00000.png, 00001.png, ... Returns their number."""
    number = 0
    for pixels in _in_turn(sheet, at_once) if seeds is None else [_strips(sheet, seeds, frames)]:
        _make(out, out)
        for image in on_background(_channels_last(pixels), sheet.background):
            enlarged = image.repeat(sheet.scale, axis=0).repeat(sheet.scale, axis=1)
            write_png(enlarged, out / f"{number:05d}.png", sheet.notes)
            number += 1
    return number


def animate(sheet: Sheet, seeds: Sequence[int], frames: int, fps: float, out: Path) -> int:
    """Write a GIF or APNG that leads from seed to seed and back to the first. Returns the number of images drawn."""
    latents = walk(_points(sheet, seeds), frames, sheet.bundle.prior, loop=True).flatten(0, 1)  # (frames in all, count, Z)
    pictures = []
    for z in latents:
        pixels, columns = _drawn(sheet, z, seeds[0]), sheet.columns
        if sheet.guides is not None:
            pixels, columns = _beside_guides(sheet, pixels, sheet.count), columns or sheet.count + 1
        pictures.append(grid(_channels_last(pixels), columns, sheet.scale, sheet.background))
    _make(out.absolute().parent, out)
    write_bytes(out, animation(pictures, out.suffix.lower(), round(1000 / fps)))
    return len(latents) * sheet.count * sheet.rows


def _make(folder: Path, out: Path) -> None:
    """Only once there is something to write: wrong labels leave no folder behind."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ZooError(f"-o {out}: {error.strerror}; type another place") from None


def _labels(sheet: Sheet, seed: int, count: int, first: int = 0) -> Tensor | None:
    space = sheet.bundle.space
    return labels_tensor(space, sheet.labels, count, seed, first) if sheet.labels or space.labels else None


def _drawn(sheet: Sheet, z: Tensor, seed: int, first: int = 0, guide: int | None = None) -> Tensor:
    """Latents (n, Z) -> (rows * n, C, H, W), row by row: the same latents and labels for every guide, or for one of them."""
    guides = sheet.guides if guide is None or sheet.guides is None else sheet.guides[guide : guide + 1]
    rows = 1 if guides is None else len(guides)
    labels = _labels(sheet, seed, len(z), first)
    return sheet.bundle.draw(
        z.repeat(rows, 1),
        None if labels is None else labels.repeat(rows, 1),
        None if guides is None else guides.repeat_interleave(len(z), 0),
    )


def _in_turn(sheet: Sheet, at_once: int) -> Iterator[Tensor]:
    """The images of all rows in their order, a bounded number at a time."""
    for row in range(sheet.rows):
        for first in range(0, sheet.count, at_once):
            z = sheet.bundle.latents(min(at_once, sheet.count - first), sheet.seed, first, sheet.truncation)
            yield _drawn(sheet, z, sheet.seed, first, row)


def _points(sheet: Sheet, seeds: Sequence[int]) -> list[Tensor]:
    return [sheet.bundle.latents(sheet.count, seed, 0, sheet.truncation) for seed in seeds]


def _strips(sheet: Sheet, seeds: Sequence[int], frames: int) -> Tensor:
    """(rows * count * legs * frames, C, H, W): for each guide and each sample, the legs from seed to seed.

    The labels are those of the first seed all the way, because there is nothing between two labels.
    """
    latents = walk(_points(sheet, seeds), frames, sheet.bundle.prior, loop=False)  # (legs, frames, count, Z)
    steps = latents.flatten(0, 1)
    drawn = torch.stack([_drawn(sheet, z, seeds[0]) for z in steps])  # (legs * frames, rows * count, C, H, W)
    return drawn.transpose(0, 1).flatten(0, 1)


def _beside_guides(sheet: Sheet, pixels: Tensor, across: int) -> Tensor:
    """Put the lines of its drawing before every `across` images."""
    assert sheet.guides is not None
    space = sheet.bundle.space
    shown = (255 - 255 * sheet.guides).to(torch.uint8).repeat(1, space.channels, 1, 1)
    if space.channels == 4:
        shown[:, 3] = 255
    groups = pixels.reshape(-1, across, *pixels.shape[1:])  # (rows, across, C, H, W)
    lines = shown.repeat_interleave(len(groups) // len(shown), 0)[:, None]
    return torch.cat([lines, groups], 1).flatten(0, 1)


def _channels_last(pixels: Tensor) -> NDArray[np.uint8]:
    """(N, C, H, W) -> (N, H, W, C)."""
    array: NDArray[np.uint8] = pixels.permute(0, 2, 3, 1).numpy()
    return array
