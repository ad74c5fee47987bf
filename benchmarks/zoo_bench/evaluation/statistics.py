"""Facts about sprites that need no network: colours, background, symmetry. Means over a set of images.

colours           distinct colours per image after quantisation to 5 bits per channel (value >> 3).
palette           the fewest of those colours that cover 95 % of the image: insensitive to a few stray pixels.
off_palette       share of pixels with a colour, quantised in this way, that no real image has; of a real image, no other one.
entropy           of the quantised colours of one image, in bits: 0 for one flat colour, at most log2(H * W).
background        share of pixels that are background: no channel further than 8 from its colour.
clean_background  of the pixels that look like background (no channel further than 48), the share that is background.
clean_border      share of the outermost ring of pixels that is background.
symmetry          overlap (intersection over union) of what is drawn with its mirror image about the middle of its bounding box.
holes             background enclosed by what is drawn, as a share of both together; with alpha, what has less than 128 of it.
partial_alpha     share of pixels with alpha in 1..254; RGBA only.

Images on which a statistic has no meaning (nothing drawn, nothing like background) are left out of its mean; it is None if
none remains.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation.holes import hole_rates
from zoo_bench.evaluation.pixels import Pixels, opaque

NEAR = 8  # a JPEG-free image on a flat background is nearer; a tanh that almost saturates is too
LIKE = 48
COVER = 0.95
COLOURS = 1 << 15
OPAQUE = 128


def statistics(
    pixels: Pixels, background: tuple[int, int, int] = (255, 255, 255), real: Pixels | None = None
) -> dict[str, float | None]:
    """Means of the statistics above over (N, H, W, C) uint8; transparent pixels are composited on `background` first.

    `real` are the images that `off_palette` compares with; None if `pixels` are the real ones themselves.
    """
    images = opaque(pixels, background)
    far = np.abs(images.astype(np.int16) - np.array(background, np.int16)).max(3)  # (N, H, W)
    is_background, like = far <= NEAR, far <= LIKE
    ring = np.ones(far.shape[1:], np.bool_)
    ring[1:-1, 1:-1] = False
    codes = _quantised(images)
    counts = [_counts(each) for each in codes]
    # an image owns its colours itself
    unknown = _owners(codes) <= 1 if real is None else _owners(_quantised(opaque(real, background))) == 0
    alpha = pixels[..., 3] if pixels.shape[3] == 4 else None
    holes = hole_rates(~is_background if alpha is None else alpha >= OPAQUE)
    found = {
        "colours": [float(len(count)) for count in counts],
        "palette": [float(_palette(count)) for count in counts],
        "off_palette": list(unknown[codes].mean(1)),
        "entropy": [_entropy(count) for count in counts],
        "background": list(is_background.mean((1, 2))),
        "clean_background": [(i & k).sum() / k.sum() for i, k in zip(is_background, like, strict=True) if k.any()],
        "clean_border": list(is_background[:, ring].mean(1)),
        "symmetry": [_symmetry(~mask) for mask in is_background if not mask.all()],
        "holes": list(holes[~np.isnan(holes)]),
    }
    if alpha is not None:
        found["partial_alpha"] = list(((alpha > 0) & (alpha < 255)).mean((1, 2)))
    return {name: float(np.mean(values)) if values else None for name, values in found.items()}


def _quantised(images: Pixels) -> NDArray[np.uint16]:
    """(N, H, W, 3) -> (N, H * W) numbers below COLOURS."""
    red, green, blue = np.moveaxis(images >> 3, 3, 0).astype(np.uint16)
    return np.asarray((red << 10) | (green << 5) | blue, np.uint16).reshape(len(images), -1)


def _counts(codes: NDArray[np.uint16]) -> NDArray[np.int64]:
    """How many pixels have each quantised colour of an image, most frequent first."""
    return np.sort(np.unique(codes, return_counts=True)[1])[::-1].astype(np.int64)


def _owners(codes: NDArray[np.uint16]) -> NDArray[np.int64]:
    """(COLOURS,): how many of these images have each colour."""
    found = np.zeros(COLOURS, np.int64)
    for each in codes:
        found[np.unique(each)] += 1
    return found


def _palette(counts: NDArray[np.int64]) -> int:
    return int(np.searchsorted(np.cumsum(counts), COVER * counts.sum())) + 1


def _entropy(counts: NDArray[np.int64]) -> float:
    share = counts / counts.sum()
    return float(abs((share * np.log2(share)).sum()))


def _symmetry(drawn: NDArray[np.bool_]) -> float:
    columns = np.flatnonzero(drawn.any(0))
    box = drawn[:, columns[0] : columns[-1] + 1]
    return float((box & box[:, ::-1]).sum() / (box | box[:, ::-1]).sum())
