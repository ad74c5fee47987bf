"""Sprite sheets: images that hold many pictures of one size, in rows and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import click
import numpy as np
from PIL import Image

from zoo_bench.data.decode import SMALLEST, Unusable, decode
from zoo_bench.data.scan import SUFFIXES, scan
from zoo_core.errors import ZooError
from zoo_core.registry.names import one_line


@dataclass(frozen=True)
class Tile:
    """All in pixels. gap: between two tiles; border: around all of them."""

    width: int
    height: int
    gap: int = 0
    border: int = 0

    def fit(self, side: int, length: int) -> tuple[int, int]:
        """How many tiles of that length a side of a sheet has, and the pixels that are left over."""
        step = length + self.gap
        count = max(0, (side - 2 * self.border + self.gap) // step)
        return count, side - 2 * self.border + self.gap - count * step

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


def tile_of(text: str) -> Tile:
    """ "64x64" or "64"; "16x16+1": gaps and a border of 1 pixel; "16x16+1+0": gaps without a border. Raises ZooError."""
    match = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?(?:\+(\d{1,4}))?(?:\+(\d{1,4}))?", text, re.ASCII)
    width, height = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if match is None or min(width, height) < SMALLEST:
        raise ZooError(
            f"--sheet {text} must be WIDTHxHEIGHT in pixels, {SMALLEST} at least: type --sheet 64x64, or 64x64+1 with gaps of 1"
        )
    gap = int(match[3] or 0)
    return Tile(width, height, gap, int(match[4]) if match[4] else gap)


def cut(source: Path, tile: Tile, into: Path, max_pixels: int = 50_000_000) -> None:
    """Cut a sheet, or every sheet of a folder, into PNG files below `into`: NAME/rROWcCOLUMN.png, in the folders of the sheets.

    Tiles of one colour, or transparent ones, are empty places and left out; so is what does not fill a tile at the right and
    lower edge, which is said. Raises ZooError if no tile is found.
    """
    problems = []
    count = 0
    for name, path in _sheets(source):
        try:
            place = into / PurePosixPath(name).with_suffix("")
            count += _cut(path, tile, into / name if place.exists() else place, max_pixels)
        except Unusable as reason:
            problems.append(f"{name}: {reason}")
    if not count:
        first = f" (first problem: {problems[0]})" if problems else ""
        raise ZooError(f"{source} holds no tile of {tile} pixels: type another size after --sheet{first}")


def _sheets(source: Path) -> Iterator[tuple[str, Path]]:
    if source.is_file() and source.suffix.lower() in SUFFIXES:
        yield source.name, source
        return
    listing = scan(str(source))
    yield from ((file.name, listing.root / file.name) for file in listing.files)


def _cut(path: Path, tile: Tile, into: Path, max_pixels: int) -> int:
    sheet = decode(path, max_pixels)
    columns, right = tile.fit(sheet.width, tile.width)
    rows, below = tile.fit(sheet.height, tile.height)
    if (right or below) and rows and columns:
        click.echo(
            f"warning: {one_line(path.name)} of {sheet.width} x {sheet.height} pixels is no whole number of tiles of {tile}: "
            f"if there is a border or a gap, type it, --sheet {tile.width}x{tile.height}+GAP+BORDER",
            err=True,
        )
    count = 0
    for row in range(rows):
        for column in range(columns):
            left, top = (tile.border + column * (tile.width + tile.gap), tile.border + row * (tile.height + tile.gap))
            piece = sheet.crop((left, top, left + tile.width, top + tile.height))
            if _empty(piece):
                continue
            into.mkdir(parents=True, exist_ok=True)
            straight = piece.convert("RGBA") if piece.mode == "RGBa" else piece
            straight.save(into / f"r{row:03d}c{column:03d}.png", compress_level=1)
            count += 1
    return count


def _empty(piece: Image.Image) -> bool:
    pixels = np.asarray(piece)
    return bool((pixels == pixels[:1, :1]).all())
