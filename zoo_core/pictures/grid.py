"""Many images as one picture."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.files import write_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GUTTER = 2  # pixels between neighbours, whatever the scale
WHITE = (255, 255, 255)


def grid(
    images: NDArray[np.uint8],
    columns: int | None = None,
    scale: int = 1,
    background: tuple[int, int, int] | None = WHITE,
) -> NDArray[np.uint8]:
    """Compose images row by row into one picture, GUTTER pixels apart and without an outer margin.

    images      (N, H, W, C) uint8, N at least 1, C of 1 (grey), 3 (RGB) or 4 (RGB with straight alpha).
    columns     images per row; None: a near-square picture, without a hole in the last row where that is possible.
    scale       every pixel becomes scale x scale pixels.
    background  shown through transparent pixels, in the gutters and where the last row ends early;
                None keeps transparency, and the picture has four channels.

    Returns (H', W', 3 or 4) uint8. Raises ValueError for anything else.
    """
    import numpy as np

    if images.ndim != 4 or images.dtype != np.uint8 or images.shape[3] not in (1, 3, 4) or 0 in images.shape:
        raise ValueError(f"a grid needs (N, H, W, 1 or 3 or 4) uint8 images, not {images.shape} {images.dtype}")
    count, height, width = images.shape[:3]
    columns = near_square(count) if columns is None else columns
    if columns < 1 or scale < 1:
        raise ValueError(f"columns and scale must be at least 1, not {columns} and {scale}")
    columns = min(columns, count)
    rows = math.ceil(count / columns)

    tiles = on_background(images, background).repeat(scale, axis=1).repeat(scale, axis=2)
    down, right = height * scale + GUTTER, width * scale + GUTTER
    picture = np.empty((rows * down - GUTTER, columns * right - GUTTER, tiles.shape[3]), np.uint8)
    picture[:] = (0, 0, 0, 0) if background is None else background
    for index, tile in enumerate(tiles):
        top, left = index // columns * down, index % columns * right
        picture[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return picture


def near_square(count: int) -> int:
    """Columns of a near-square grid of `count` images: up to twice as wide as high if that leaves no hole, else with one."""
    least = math.isqrt(count - 1) + 1
    full = (columns for columns in range(least, math.isqrt(2 * count) + 1) if count % columns == 0)
    return next(full, least)


def on_background(images: NDArray[np.uint8], background: tuple[int, int, int] | None) -> NDArray[np.uint8]:
    """(..., 1 or 3 or 4) -> (..., 3), transparent pixels composited on `background`; None: -> (..., 4), nothing composited."""
    import numpy as np

    if images.shape[-1] == 1:
        images = images.repeat(3, axis=-1)
    if images.shape[-1] == 3:
        if background is not None:
            return images
        return np.concatenate([images, np.full_like(images[..., :1], 255)], axis=-1)
    if background is None:
        return images
    alpha = images[..., 3:].astype(np.uint32)
    mixed = images[..., :3] * alpha + np.asarray(background, np.uint32) * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def write_png(array: NDArray[np.uint8], path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a (H, W, 1 or 3 or 4) uint8 picture; a reader finds the old file or the new one, never half of it.

    Raises ValueError for another shape, RunFailure if the disk refuses.
    """
    write_bytes(path, png(array, notes))


def png(array: NDArray[np.uint8], notes: Mapping[str, str] | None = None) -> bytes:
    """A (H, W, 1 or 3 or 4) uint8 picture as a PNG file. The same pixels and notes give the same bytes.

    notes  keyword -> text, kept in the file (tEXt and iTXt chunks of the PNG specification).
    """
    import numpy as np
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    if array.ndim != 3 or array.dtype != np.uint8 or array.shape[2] not in (1, 3, 4) or 0 in array.shape:
        raise ValueError(f"a picture is (H, W, 1 or 3 or 4) uint8, not {array.shape} {array.dtype}")
    file = io.BytesIO()
    kept = PngInfo()
    for keyword, text in (notes or {}).items():
        kept.add_text(keyword, text)
    Image.fromarray(array[..., 0] if array.shape[2] == 1 else array).save(file, "PNG", optimize=True, pnginfo=kept)
    return file.getvalue()
