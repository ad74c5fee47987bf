"""Real images, blurred: what a score of visibly bad images is, as the floor is that of good ones."""

from __future__ import annotations

import math

import numpy as np
import torch

from zoo_bench.evaluation.pixels import Pixels

SHARE = 1 / 64  # of the height: the standard deviation in pixels
LEAST = 0.5  # pixels; less leaves images nearly as they are


def blurred(pixels: Pixels) -> Pixels:
    """(N, H, W, 3) uint8, convolved with a Gaussian and rounded; the images continue mirrored at their edges."""
    from torchvision.transforms.functional import gaussian_blur  # type: ignore[import-untyped]  # slow, and `check_torch_fidelity` says what is wrong with it

    sd = max(LEAST, SHARE * pixels.shape[1])
    images = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
    found = gaussian_blur(images, 2 * math.ceil(3 * sd) + 1, sd)
    return np.ascontiguousarray(found.numpy().transpose(0, 2, 3, 1))
