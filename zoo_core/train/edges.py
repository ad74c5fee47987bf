"""Edge maps of images, on the device they are on."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

THRESHOLD = 0.5  # of the range of a pixel, -1..1, across the two pixels that a Sobel kernel compares


def edge_map(images: Tensor, threshold: float = THRESHOLD) -> Tensor:
    """(N, C, H, W) in [-1, 1] -> (N, 1, H, W) of 0 and 1: where the Sobel gradient of any channel exceeds the threshold.

    Sobel and Feldman 1968, scaled by 1/4 so that a step of height h between two flat areas has magnitude h. The border is
    continued outward, so that the frame of a picture is no edge.
    """
    channels = images.shape[1]
    across = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], device=images.device) / 4
    kernels = torch.stack([across, across.T])[:, None].repeat(channels, 1, 1, 1)  # (2C, 1, 3, 3)
    gradient = F.conv2d(F.pad(images.float(), (1, 1, 1, 1), mode="replicate"), kernels, groups=channels)
    n, _, height, width = images.shape
    magnitude = gradient.view(n, channels, 2, height, width).norm(dim=2).amax(1, keepdim=True)
    return torch.gt(magnitude, threshold).to(images.dtype)
