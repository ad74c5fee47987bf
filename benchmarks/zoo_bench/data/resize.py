"""Resizing to a square without cropping, stretching or fringes: always on premultiplied alpha, composited afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FEW_COLOURS = 32
MOST_SAMPLES = 16  # per target pixel and axis
SMALL = 256  # pixels of the longer side: few colours in a larger image are a scan or a drawing, not pixel art


def is_pixel_art(images: Iterable[Image.Image]) -> bool:
    """Whether the images (as `decode` makes them) have few colours and are small, in the median."""
    sample = [(len(image.getcolors(FEW_COLOURS) or [()] * (FEW_COLOURS + 1)), max(image.size)) for image in images]
    return bool(sample) and median(c for c, _ in sample) <= FEW_COLOURS and median(s for _, s in sample) <= SMALL


def square(
    image: Image.Image, size: int, channels: int, background: tuple[int, int, int], how: str = "lanczos"
) -> NDArray[np.uint8]:
    """(size, size, channels): the longer side becomes `size`, the rest is filled evenly on both sides.

    image     mode "RGB" or "RGBa".
    channels  1: luma (ITU-R BT.601); 3: RGB on `background`; 4: straight alpha, filled with transparent black.
    how       "lanczos" (antialiased, the sharper for photographs and drawings); "area" (means over the area of each target
              pixel, from at most 16 x 16 samples: whole multiples of pixel art come out as exact blocks, and such blocks
              shrink back exactly); "nearest" (keeps the palette, breaks outlines when it shrinks).
    """
    longer = max(image.size)
    width, height = (max(1, (2 * side * size + longer) // (2 * longer)) for side in image.size)
    if (width, height) == image.size:
        pixels = np.asarray(image)
    elif how == "nearest":
        pixels = np.asarray(image.resize((width, height), Image.Resampling.NEAREST))
    elif how == "area":
        pixels = np.asarray(_area(image, width, height))
    else:
        pixels = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))
    colour = pixels[..., :3].astype(np.uint16)
    alpha = pixels[..., 3:].astype(np.uint16) if pixels.shape[2] == 4 else np.full((height, width, 1), 255, np.uint16)
    colour = np.minimum(colour, alpha)  # Lanczos overshoots; premultiplied colour never exceeds alpha

    top, left = (size - height) // 2, (size - width) // 2
    inside = (slice(top, top + height), slice(left, left + width))
    if channels == 4:
        canvas = np.zeros((size, size, 4), np.uint8)
        straight = (colour * np.uint16(255) + alpha // 2) // np.maximum(alpha, 1)
        canvas[inside] = np.concatenate([straight, alpha], axis=2)
        return canvas
    canvas = np.empty((size, size, 3), np.uint8)
    canvas[:] = background
    behind = np.asarray(background, np.uint16)
    canvas[inside] = colour + ((255 - alpha) * behind + 127) // 255
    return canvas if channels == 3 else np.asarray(Image.fromarray(canvas).convert("L"))[..., None]


def _area(image: Image.Image, width: int, height: int) -> Image.Image:
    """Each source pixel drawn as a square, each target pixel the mean over the part of the plane that it covers."""
    longer, size = max(image.size), max(width, height)
    if longer >= 2 * MOST_SAMPLES * size:  # many source pixels to a sample: means over whole blocks first
        image = image.reduce(longer // (MOST_SAMPLES * size))
        longer = max(image.size)
    samples = min(longer // gcd(longer, size), MOST_SAMPLES)
    return image.resize((width * samples, height * samples), Image.Resampling.NEAREST).reduce(samples)
