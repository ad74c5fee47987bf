"""Sprite sheets: images that hold many pictures of one size, in rows and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from zoo_bench.data.decode import SMALLEST, Unusable, decode
from zoo_bench.data.scan import SUFFIXES, scan
from zoo_core.errors import ZooError

Tile = tuple[int, int]  # width and height in pixels


def tile_of(text: str) -> Tile:
    """ "64x64" or "64" -> (64, 64). Raises ZooError."""
    match = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text)
    width, height = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if min(width, height) < SMALLEST:
        raise ZooError(f"--sheet {text} must be WIDTHxHEIGHT in pixels, {SMALLEST} at least: type --sheet 64x64")
    return width, height


def cut(source: Path, tile: Tile, into: Path, max_pixels: int = 50_000_000) -> None:
    """Cut a sheet, or every sheet of a folder, into PNG files below `into`: NAME/rROWcCOLUMN.png, in the folders of the sheets.

    Tiles of one colour, or transparent ones, are empty places and left out; so is what does not fill a tile at the right and
    lower edge. Raises ZooError if no tile is found.
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
        raise ZooError(f"{source} holds no tile of {tile[0]} x {tile[1]} pixels: type another size after --sheet{first}")


def _sheets(source: Path) -> Iterator[tuple[str, Path]]:
    if source.is_file() and source.suffix.lower() in SUFFIXES:
        yield source.name, source
        return
    listing = scan(str(source))
    yield from ((file.name, listing.root / file.name) for file in listing.files)


def _cut(path: Path, tile: Tile, into: Path, max_pixels: int) -> int:
    sheet = decode(path, max_pixels)
    width, height = tile
    count = 0
    for row in range(sheet.height // height):
        for column in range(sheet.width // width):
            piece = sheet.crop((column * width, row * height, (column + 1) * width, (row + 1) * height))
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
