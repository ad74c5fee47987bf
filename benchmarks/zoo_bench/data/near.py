"""Images that look alike: pairs whose perceptual hashes and whose small copies are close.

The hash is the DCT-based one of Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions": 64 signs of
low frequencies of the discrete cosine transform against their median. It finds candidates among all pairs; what decides is the
difference of the small copies over the part of the frame in which something is drawn, so that two sprites that share nothing
but an empty frame are not alike. With the limits below, the pairs among 6,000 photographs of CIFAR-10 are ten, all of them the
same photograph twice, and those among sprites are drawings that differ in colours or details.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

BITS = 10  # of 64 that may differ
DIFFERENCE = (
    28.0  # of 255. On CIFAR-10 both limits find the same photograph twice and nothing else; of sprites, recoloured ones too
)
MOST = 50_000  # images that are compared, and
PAIRS = 1_000_000  # pairs that are kept: beyond them the set is hopeless anyway
BLOCK = 1024
LUMA = np.array((0.299, 0.587, 0.114), np.float32)  # ITU-R BT.601

Small = NDArray[np.uint8]  # (N, S, S, 4), straight alpha


def on_white(small: Small) -> NDArray[np.float32]:
    """(N, S, S, 3) in 0..255."""
    alpha = small[..., 3:].astype(np.float32) / np.float32(255)
    composed: NDArray[np.float32] = small[..., :3].astype(np.float32) * alpha + np.float32(255) * (np.float32(1) - alpha)
    return composed


def hashes(small: Small) -> NDArray[np.bool_]:
    """(N, 64): whether each of 8 x 8 low frequencies, the constant ones left out, is above the median of the 64."""
    side = small.shape[1]
    frequency, place = np.arange(1, 9)[:, None], np.arange(side)[None]
    cosines = np.cos(np.pi / side * (place + 0.5) * frequency).astype(np.float32)  # DCT-II
    grey = on_white(small) @ LUMA
    found = np.einsum("fy,nyx,gx->nfg", cosines, grey, cosines, optimize=True).reshape(len(small), 64)
    signs: NDArray[np.bool_] = found > np.median(found, axis=1, keepdims=True)
    return signs


def near_pairs(small: Small) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, of images that look alike, at most PAIRS of them."""
    signs = np.where(hashes(small), np.float32(1), np.float32(-1))
    found: list[tuple[int, int]] = []
    for start in range(0, len(small), BLOCK):
        differing = (64 - signs[start : start + BLOCK] @ signs[start:].T) / 2
        i, j = np.nonzero(np.triu(differing <= BITS, 1))
        found += _alike(small, i + start, j + start)
        if len(found) > PAIRS:
            return found[:PAIRS]
    return found


def difference(a: Small, b: Small) -> NDArray[np.float32]:
    """(N,) for two (N, S, S, 4): mean absolute difference in 0..255 on white, over the part of the frame that either draws."""
    drawn = np.maximum(a[..., 3], b[..., 3]).astype(np.float32).sum((1, 2)) / 255
    apart: NDArray[np.float32] = np.abs(on_white(a) - on_white(b)).sum((1, 2, 3)) / 3 / np.maximum(drawn, 1)
    return apart


def groups(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Images that are linked by pairs, in groups of two and more, each in order."""
    leader: dict[int, int] = {}

    def find(i: int) -> int:
        while leader.setdefault(i, i) != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    for i, j in pairs:
        a, b = find(i), find(j)
        leader[max(a, b)] = min(a, b)
    members: dict[int, list[int]] = {}
    for i in sorted(leader):
        members.setdefault(find(i), []).append(i)
    return sorted(members.values())


def _alike(small: Small, i: NDArray[np.int64], j: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    for start in range(0, len(i), BLOCK):
        a, b = i[start : start + BLOCK], j[start : start + BLOCK]
        close = difference(small[a], small[b]) <= DIFFERENCE
        yield from zip(a[close].tolist(), b[close].tolist(), strict=True)
