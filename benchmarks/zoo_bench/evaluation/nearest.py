"""The training image nearest to an image, by features or by pixels. Mirror images and small shifts are the same image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from zoo_bench.evaluation.pixels import Pixels, Rows

SIDE = 32  # images are compared by their pixels at this size at most
SHIFT = 2  # of these pixels, in any direction
COARSE = 8  # the size at which candidates are chosen
CANDIDATES = 8
AT_ONCE = 64
TINY = 1e-6  # an image may be twice in the training set


@dataclass(frozen=True)
class Nearest:
    """For every judged image the training image nearest to it.

    index     (N,) numbers of training images.
    distance  (N,) distances: Euclidean between features, or root mean squared differences of pixels, 0..255.
    relative  (N,) the same, divided in features by the distance of that training image to its own nearest other training image,
              in pixels by the mean distance of the judged image to the next nearest training images: a blurred image is near to
              many, a copy to one (Carlini et al. 2023, arXiv 2301.13188, section 5.1).
    """

    index: NDArray[np.int64]
    distance: Rows
    relative: Rows


def distances(a: Rows, b: Rows) -> Rows:
    """(N, d), (M, d) -> (N, M) Euclidean. By differences, since the expanded square is not 0 between equal rows."""
    found = torch.cdist(torch.from_numpy(a), torch.from_numpy(b), compute_mode="donot_use_mm_for_euclid_dist")
    return np.asarray(found.numpy(), np.float64)


def nearest_features(judged: Rows, real: Rows, mirrored: Rows, among: Rows) -> Nearest:
    """From features (N, d) of judged images, (M, d) of training images and of their mirror images; M at least 2.

    among  (M, M) distances between the training images.
    """
    found = np.minimum(distances(judged, real), distances(judged, mirrored))
    index = found.argmin(1)
    own, distance = np.partition(among, 1, axis=1)[:, 1], found[np.arange(len(index)), index]
    return Nearest(index.astype(np.int64), distance, distance / np.maximum(own, TINY)[index])


def nearest_pixels(judged: Pixels, real: Pixels) -> Nearest:
    """From (N, H, W, 3) and (M, H, W, 3) uint8 images, M at least 2.

    Candidates are the images whose means over COARSE x COARSE fields are nearest; of these, in both directions and shifted by
    up to SHIFT pixels (what leaves on one side enters on the other), the nearest is taken.
    """
    small, among = _small(judged), _small(real)
    both = torch.stack([among, among.flip(3)], 1)  # (M, 2, 3, h, w)
    n, count = len(judged), min(CANDIDATES, len(real))
    coarse = torch.cdist(_coarse(small)[None], torch.stack([_coarse(both[:, turn]) for turn in (0, 1)])).amin(0)
    candidates = coarse.topk(count, largest=False).indices  # (n, count)
    spectra, squares = torch.fft.rfft2(both), among.square().flatten(1).sum(1)
    index, distance, others = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
    for start in range(0, n, AT_ONCE):
        images, chosen = small[start : start + AT_ONCE], candidates[start : start + AT_ONCE]
        # sum over pixels of image(x) * candidate(x - shift), for all shifts at once (the correlation theorem)
        product = (torch.fft.rfft2(images)[:, None, None] * spectra[chosen].conj()).sum(3)
        overlap = torch.fft.irfft2(product, s=images.shape[2:])  # (b, count, 2, h, w)
        overlap = overlap.roll((SHIFT, SHIFT), (3, 4))[..., : 2 * SHIFT + 1, : 2 * SHIFT + 1]
        far = squares[chosen][:, :, None, None, None] - 2 * overlap
        squared = far.flatten(2).amin(2) + images.square().flatten(1).sum(1)[:, None]  # (b, count)
        nearest_first = squared.clamp(min=0).div(images[0].numel()).sqrt().sort(1).values
        others[start : start + AT_ONCE] = 127.5 * nearest_first[:, 1:].mean(1).double().numpy()
        for row, place in enumerate(far.flatten(1).argmin(1).tolist()):
            candidate, turn, down, right = np.unravel_index(place, far.shape[1:])
            found = int(chosen[row, candidate])
            aligned = both[found, turn].roll((int(down) - SHIFT, int(right) - SHIFT), (1, 2))
            index[start + row] = found
            # once more by differences: 0 for a copy
            distance[start + row] = 127.5 * float((images[row] - aligned).square().mean().sqrt())
    return Nearest(index, distance, distance / np.maximum(others, TINY))


def _small(pixels: Pixels) -> Tensor:
    """(N, 3, h, w) float in [-1, 1]: means over fields of the image."""
    parts = []
    for start in range(0, len(pixels), AT_ONCE):
        images = torch.from_numpy(np.ascontiguousarray(pixels[start : start + AT_ONCE].transpose(0, 3, 1, 2))).float()
        side = min(SIDE, images.shape[2])
        parts.append(adaptive_avg_pool2d(images, side) / 127.5 - 1)
    return torch.cat(parts)


def _coarse(images: Tensor) -> Tensor:
    return adaptive_avg_pool2d(images, min(COARSE, images.shape[2])).flatten(1)
