"""The dataset that needs no download: procedural creature sprites of 18 elemental types and 10 body types.

Creatures are drawn, not stored, so that a model can be trained anywhere; drawn pictures are kept in a cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.space import CHANNELS, SIZES, Space
from zoo_creatures.cache import cached
from zoo_creatures.options import CreaturesOptions
from zoo_creatures.palettes import TYPES
from zoo_creatures.sprites import BODY_NAMES, DRAWING_VERSION, kind, sprite

NOTE = "procedural creatures drawn by zoo-creatures (Apache-2.0)"
LUMA = np.array((19595, 38470, 7471), dtype=np.int64)  # ITU-R BT.601 in 65536ths, as Pillow rounds it


class Creatures:
    """`count` creatures; creature i is the same for every `count`. Labels: `type` (18) and `body` (10)."""

    def __init__(self, options: CreaturesOptions) -> None:
        self.options = options

    def attributes(self) -> Mapping[str, tuple[str, ...]]:
        """Label attributes -> names of their values."""
        return {"type": TYPES, "body": BODY_NAMES}

    def load(self, size: int, channels: int, labels: tuple[str, ...], background: tuple[int, int, int]) -> Images:
        """All creatures at `size` (16..256). See zoo_core.images.Dataset. Raises ZooError for a size out of range, a number
        of channels other than 1, 3 or 4, an unknown label, or fewer than 16 creatures."""
        count, seed = self.options.count, self.options.seed
        known = self.attributes()
        low, high = SIZES
        if not low <= size <= high:
            raise ZooError(
                f"creatures can be drawn from {low} to {high} pixels, not {size}; type --size {min(max(size, low), high)}"
            )
        if channels not in CHANNELS:
            raise ZooError(f"creatures come with 1, 3 or 4 channels, not {channels}; type --channels 3")
        for name in labels:
            if name not in known:
                raise ZooError(f"creatures have no label {name}; type {' or '.join(known)}")
        if count < 16:
            raise ZooError(f"{count} creatures are too few; type --set dataset.count=16 or more")
        kinds = np.array([kind(seed, i) for i in range(count)], dtype=np.int64)
        columns = [list(known).index(name) for name in labels]
        return Images(
            space=Space(size, channels, {name: known[name] for name in labels}),
            pixels=composite(_drawn(seed, count, size), channels, background),
            labels=kinds[:, columns],
            held_out=np.array([held_out(seed, i, self.options.held_out) for i in range(count)], dtype=np.bool_),
            names=tuple(f"{i:04d}-{TYPES[element]}-{BODY_NAMES[body]}" for i, (element, body) in enumerate(kinds)),
            note=NOTE,
        )


def held_out(seed: int, index: int, fraction: float) -> bool:
    """Whether a creature is kept out of training: a hash of (seed, index), so it does not depend on how many there are."""
    digest = hashlib.sha256(f"{seed}/held out/{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < fraction * 2**64


def composite(pixels: NDArray[np.uint8], channels: int, background: tuple[int, int, int]) -> NDArray[np.uint8]:
    """(N, H, W, 4) with alpha 0 or 255 -> (N, H, W, channels): as it is, over `background`, or the luma of that."""
    if channels == 4:
        return pixels
    colour = np.array(background, dtype=np.uint8)
    out = np.empty((*pixels.shape[:3], channels), dtype=np.uint8)
    for image, picture in zip(out, pixels, strict=True):  # one at a time: wide intermediates of whole sets are large
        opaque = np.where(picture[..., 3:] > 0, picture[..., :3], colour)
        image[:] = opaque if channels == 3 else (opaque @ LUMA + 0x8000 >> 16)[..., None]
    return out


def _drawn(seed: int, count: int, size: int) -> NDArray[np.uint8]:
    """All pictures, (count, size, size, 4), from the cache if it has them."""

    def draw() -> NDArray[np.uint8]:
        return np.stack([sprite(seed, i, size) for i in range(count)])

    pixels = cached(f"creatures/{DRAWING_VERSION}/{seed}/{count}/{size}", draw)
    if pixels.shape != (count, size, size, 4) or pixels.dtype != np.uint8:
        return draw()  # a file that is whole but not ours
    return pixels
