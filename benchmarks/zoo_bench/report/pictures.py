"""Pictures of a run inside the page, as data: URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from zoo_core.pictures.grid import GUTTER

T = TypeVar("T")
LARGEST = 2600  # pixels; a larger picture is shrunk, so that a page of 256-pixel samples can still be sent by mail
THUMBNAIL = 262  # CSS pixels of a small picture, four in a row
DISPLAY = 540  # CSS pixels of a large one, two in a row; smaller ones are enlarged by whole factors up to here


@dataclass(frozen=True)
class Picture:
    """A PNG with its size in pixels."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Figure:
    """A picture with its words; `absent` stands in the place of a missing one.

    `display`: CSS pixels that it may take, of which it fills the largest whole multiple of its own width.
    """

    caption: str
    alt: str
    picture: Picture | None
    absent: str = ""
    display: int = DISPLAY

    @property
    def source(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.picture.data).decode() if self.picture else ""

    @property
    def width(self) -> int:
        return self.picture.width * self._factor if self.picture else 0

    @property
    def height(self) -> int:
        return self.picture.height * self._factor if self.picture else 0

    @property
    def _factor(self) -> int:
        return max(1, self.display // self.picture.width) if self.picture else 1


def figure(path: Path, caption: str, alt: str, absent: str = "") -> Figure:
    """A picture file, as large as two in a row can be."""
    return Figure(caption, alt, load(path), _absent(path, absent))


def thumbnail(path: Path, caption: str, alt: str, side: Any) -> Figure:
    """The first images of a grid of `side` x `side` pixel images, small."""
    whole = size(path)
    part = corner(whole, side) if whole and isinstance(side, int) and 0 < side < 4096 else None
    return Figure(caption, alt, load(path, part), _absent(path, "There are no samples."), THUMBNAIL)


def _absent(path: Path, words: str) -> str:
    return "This picture cannot be read." if path.exists() else words


def load(path: Path, corner: tuple[int, int] | None = None) -> Picture | None:
    """The picture, or its upper left `corner` (width, height). None if there is no readable picture."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.load()
            if corner is None and max(image.size) <= LARGEST:
                return Picture(path.read_bytes(), *image.size)
            width, height = corner or image.size
            smaller = image.crop((0, 0, min(width, image.width), min(height, image.height)))
            smaller.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
            file = io.BytesIO()
            smaller.save(file, "PNG", optimize=True)
            return Picture(file.getvalue(), *smaller.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def size(path: Path) -> tuple[int, int] | None:
    """(width, height) in pixels without decoding, or None."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def tiles(picture: tuple[int, int], side: int) -> tuple[int, int, int] | None:
    """(columns, rows, scale) of a grid picture of `side` x `side` images, or None if it is not one."""
    for scale in range(1, 9):
        step = side * scale + GUTTER
        if all((length + GUTTER) % step == 0 for length in picture):
            return (picture[0] + GUTTER) // step, (picture[1] + GUTTER) // step, scale
    return None


def corner(picture: tuple[int, int], side: int) -> tuple[int, int] | None:
    """Width and height of the upper left images of a grid picture that fill a thumbnail best, 2 to 4 in a row.

    None: it is not such a picture, take the whole.
    """
    found = tiles(picture, side)
    if found is None:
        return None
    columns, lines, scale = found
    step = side * scale + GUTTER
    widths = [across * step - GUTTER for across in range(min(columns, 4), min(columns, 2) - 1, -1)]
    width = max(widths, key=lambda width: width * (THUMBNAIL // width) or -width)
    return width, min(width, lines * step - GUTTER)


def spread_out(items: Sequence[T], most: int) -> list[T]:
    """At most `most` items, evenly chosen, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
