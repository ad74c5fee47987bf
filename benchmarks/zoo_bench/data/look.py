"""What one image file is: format, size, transparency, colours, and what it can be compared with others by."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_bench.data.decode import FORMATS, Unusable, decode, fingerprint
from zoo_bench.data.near import MOST
from zoo_bench.data.resize import square
from zoo_bench.data.scan import File
from zoo_core.images import Skipped

COLOURS = 256  # more are not counted
BLENDS = 2**14  # colours of pixels that are partly transparent are not counted, but stand in the way
SMALL = 32  # pixels a side of the copy that is compared
WORKERS = 2  # Pillow decodes without Python's lock


@dataclass(frozen=True)
class Look:
    """One usable image.

    alpha    "none", "hard" (every pixel all or nothing) or "soft".
    drawn    share of the frame that is not fully transparent.
    colours  different colours of the opaque pixels, 257 for more than 256.
    palette  (colours,) uint32, 0xrrggbb, in order; empty where they are more than 256.
    pixels   equal for images of equal pixels.
    small    (32, 32, 4) uint8: the image padded to a square, straight alpha; None beyond the first near.MOST images.
    """

    file: File
    format: str
    mode: str
    width: int
    height: int
    alpha: str
    drawn: float
    colours: int
    palette: NDArray[np.uint32]
    pixels: bytes
    small: NDArray[np.uint8] | None


def look_at(root: Path, files: Sequence[File], max_pixels: int) -> tuple[list[Look], list[Skipped]]:
    """Look at every file, in order; those that cannot be used are listed with the reason."""

    def work(place: int, file: File) -> Look | Skipped:
        try:
            return look(root, file, max_pixels, place < MOST)
        except Unusable as reason:
            return Skipped(file.name, str(reason))

    with warnings.catch_warnings(), ThreadPoolExecutor(WORKERS) as pool:
        warnings.simplefilter("ignore")  # of Pillow, on odd files
        found = list(pool.map(work, range(len(files)), files))
    return [item for item in found if isinstance(item, Look)], [item for item in found if isinstance(item, Skipped)]


def look(root: Path, file: File, max_pixels: int, small: bool = True) -> Look:
    """Decode one file, with a small copy to compare if it is wanted. Raises Unusable as `decode` does."""
    image = decode(root / file.name, max_pixels)
    try:
        with Image.open(root / file.name, formats=FORMATS) as header:
            kind, mode = str(header.format), header.mode
    except OSError:
        raise Unusable("vanished since the folder was listed") from None
    alpha = np.asarray(image.getchannel(3)) if image.mode == "RGBa" else np.full((1, 1), 255, np.uint8)
    palette = _palette(image)
    return Look(
        file,
        kind,
        mode,
        *image.size,
        alpha="none" if image.mode == "RGB" else "hard" if np.isin(alpha, (0, 255)).all() else "soft",
        drawn=float((alpha > 0).mean()),
        colours=COLOURS + 1 if palette is None else len(palette),
        palette=np.array([] if palette is None else palette, np.uint32),
        pixels=fingerprint(image),
        small=square(image, SMALL, 4, (0, 0, 0), "lanczos") if small else None,
    )


def _palette(image: Image.Image) -> list[int] | None:
    """The colours of the opaque pixels, 0xrrggbb, or None if they are more than can be counted."""
    found = image.getcolors(BLENDS)
    if found is None:
        return None
    values = [value for _, value in found if isinstance(value, tuple)]
    colours = {red << 16 | green << 8 | blue for red, green, blue, *alpha in values if alpha in ([], [255])}
    return sorted(colours) if len(colours) <= COLOURS else None
