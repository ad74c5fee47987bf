"""Edge maps of images, on the device they are on."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from zoo_core.space import EDGE_THRESHOLD


def edge_map(images: Tensor, threshold: float = EDGE_THRESHOLD, thin: bool = False) -> Tensor:
    """(N, 1|3|4, H, W) in [-1, 1] -> (N, 1, H, W) of 0 and 1: where the gradient of any channel is above the threshold.

    Sobel and Feldman 1968, scaled by 1/4 so that a step of height h between two flat areas has magnitude h. The border is
    continued outward, so that the frame of a picture is no edge. Colours count as much as they are opaque.

    thin  keep only the pixels whose magnitude is highest across the edge, so that a step is one pixel wide and not two:
          the non-maximum suppression of Canny 1986, "A Computational Approach to Edge Detection", section VIII, with the
          direction rounded to 45 degrees.
    """
    # Sums of slices and no convolution, which TF32 or autocast would round differently on every device.
    x = F.pad(_visible(images), (1, 1, 1, 1), mode="replicate")
    rows = x[:, :, :-2] + 2 * x[:, :, 1:-1] + x[:, :, 2:]  # smoothed down the columns: (N, C, H, W + 2)
    columns = x[..., :-2] + 2 * x[..., 1:-1] + x[..., 2:]
    across = (rows[..., 2:] - rows[..., :-2]) / 4  # (N, C, H, W): how the image changes from left to right
    down = (columns[:, :, 2:] - columns[:, :, :-2]) / 4
    square, strongest = (across.square() + down.square()).max(1, keepdim=True)
    edges = square > threshold**2
    if thin:
        edges &= _highest(square, across.gather(1, strongest), down.gather(1, strongest))
    return edges.to(images.dtype)


def _visible(images: Tensor) -> Tensor:
    """Colours under transparent pixels cannot be seen, so their edges are none: premultiplied, in [-1, 1]."""
    images = images.float()
    if images.shape[1] != 4:
        return images
    colour, alpha = images[:, :3], images[:, 3:]
    return torch.cat([(colour + 1) * (alpha + 1) / 2 - 1, alpha], 1)


def _highest(square: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Where `square` (N, 1, H, W) is no lower than at the next pixel along the gradient, and higher than at the one before."""
    height, width = square.shape[2:]
    around = F.pad(square, (1, 1, 1, 1))

    def at(y: int, x: int) -> Tensor:
        return around[:, :, 1 + y : 1 + y + height, 1 + x : 1 + x + width]

    steep = across.abs(), down.abs()
    tangent = 2**0.5 - 1  # of 22.5 degrees
    flat, upright = steep[1] <= tangent * steep[0], steep[0] <= tangent * steep[1]
    falling = across * down > 0  # the diagonal from upper left to lower right
    ways = (
        (flat, (0, 1)),
        (~flat & upright, (1, 0)),
        (~flat & ~upright & falling, (1, 1)),
        (~flat & ~upright & ~falling, (1, -1)),
    )
    highest = torch.zeros_like(square, dtype=torch.bool)
    for chosen, (y, x) in ways:
        highest |= chosen & (square >= at(y, x)) & (square > at(-y, -x))
    return highest
