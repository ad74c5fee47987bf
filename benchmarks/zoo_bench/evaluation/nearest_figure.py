"""samples/nearest.png: generated images beside the training images nearest to them, so that a reader can judge copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation.copies import Pair
from zoo_bench.evaluation.pixels import Pixels
from zoo_core.images import Images
from zoo_core.pictures.grid import grid

TRIPLES = 4  # in a row


def nearest_figure(
    images: Images, fakes: Pixels, pairs: Sequence[Pair], background: tuple[int, int, int]
) -> NDArray[np.uint8] | None:
    """Triples, nearest first: sample, nearest training image in pixels, in features. None without pairs.

    images, fakes   as `evaluate` had them: (N, H, W, C) uint8.
    """
    if not pairs:
        return None
    train = images.pixels[~images.held_out]
    triples = [image for pair in pairs for image in (fakes[pair.sample], train[pair.in_pixels], train[pair.in_features])]
    return grid(np.stack(triples), 3 * TRIPLES, background=background)
