"""From what a dataset or a generator delivers to what every metric sees: (N, H, W, 3) uint8 without alpha."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import ZooError

Pixels = NDArray[np.uint8]
Rows = NDArray[np.float64]  # features, distances


def opaque(pixels: Pixels, background: tuple[int, int, int]) -> Pixels:
    """(N, H, W, 1|3|4) uint8 -> (N, H, W, 3) uint8: grey repeated, alpha composited on `background` (0..255 each).

    Straight alpha: round((a * c + (255 - a) * b) / 255), ties upwards, so what lies under alpha 0 cannot be seen by a metric.
    Raises ZooError for any other shape or type.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] not in (1, 3, 4):
        raise ZooError(f"images must be uint8 (N, H, W, 1|3|4), not {pixels.dtype} {pixels.shape}; type pixels.astype('uint8')")
    if pixels.shape[3] == 1:
        return np.repeat(pixels, 3, axis=3)
    if pixels.shape[3] == 3:
        return np.ascontiguousarray(pixels)
    colour, alpha = pixels[..., :3].astype(np.uint32), pixels[..., 3:].astype(np.uint32)
    mixed = alpha * colour + (255 - alpha) * np.array(background, np.uint32)
    return ((2 * mixed + 255) // 510).astype(np.uint8)


def digest(*arrays: NDArray[np.generic]) -> str:
    """SHA-256 of shapes, types and contents."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(repr((array.shape, array.dtype.str)).encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
