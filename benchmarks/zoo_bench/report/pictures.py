"""Pictures of a run inside the page, as data: URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from zoo_bench.report.markup import Html, tag
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

    def img(self, alt: str, display: int = DISPLAY) -> Html:
        """<img>, enlarged by the largest whole factor that keeps it within `display` CSS pixels."""
        factor = max(1, display // self.width)
        source = "data:image/png;base64," + base64.b64encode(self.data).decode()
        return tag(
            "img",
            src=source,
            alt=alt,
            width=self.width * factor,
            height=self.height * factor,
            class_="pixels",
            decoding="async",
        )


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
