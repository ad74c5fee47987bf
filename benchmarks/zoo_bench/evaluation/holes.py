"""Holes in what is drawn: background that cannot be reached from the edge of the image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zoo_bench.evaluation.pixels import Rows

Masks = NDArray[np.bool_]


def hole_rates(drawn: Masks) -> Rows:
    """(N, H, W) of what is drawn -> (N,): holes as a share of what is drawn and its holes; NaN where nothing is drawn.

    Neighbours are left, right, above and below; a diagonal step does not lead through an outline.
    """
    holes = (~drawn & ~outside(~drawn)).sum((1, 2))
    with np.errstate(invalid="ignore"):
        return np.asarray(holes / (holes + drawn.sum((1, 2))))


def outside(free: Masks) -> Masks:
    """(N, H, W): the free pixels that a path over free pixels joins to the edge of the image.

    Each sweep carries on whole straight lines of all images at once, so there are as many rounds as the longest path has turns.
    """
    room = np.ascontiguousarray(free.transpose(1, 2, 0))  # (H, W, N): what a sweep reads lies together
    found = np.zeros_like(room)
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        found[edge] = room[edge]
    before = -1
    while (reached := int(found.sum())) != before:
        before = reached
        for lines, ways in ((found, room), (found.swapaxes(0, 1), room.swapaxes(0, 1))):
            for i in range(1, len(lines)):
                lines[i] |= lines[i - 1] & ways[i]
            for i in range(len(lines) - 2, -1, -1):
                lines[i] |= lines[i + 1] & ways[i]
    return found.transpose(2, 0, 1)
