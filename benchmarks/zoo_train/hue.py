"""Other colours for training images: the hue of every pixel turned, its saturation and value (HSV) kept."""

from __future__ import annotations

import torch
from torch import Tensor


def turned(pixels: Tensor, by: Tensor) -> Tensor:
    """(N, H, W, C) uint8 images whose hues are turned by (N,) shares of the colour circle, float, rounded to whole numbers.

    C is 1, 3 or 4. White, grey and black have no hue and stay as they are, and so does alpha: a background stays exact, and
    images with one channel are returned as they are.
    """
    if pixels.shape[3] == 1:
        return pixels
    colour = pixels[..., :3].float()
    high, low = colour.amax(3), colour.amin(3)
    spread = high - low
    red, green, blue = colour.unbind(3)
    # The place on the circle, in sixths: which channel is the largest says the third, the other two where in it.
    place = torch.where(
        high == red, (green - blue) / spread, torch.where(high == green, (blue - red) / spread + 2, (red - green) / spread + 4)
    )
    place = torch.where(spread > 0, place, 0) + 6 * by[:, None, None]
    # Red is full in the first and last sixth, green and blue the same two and four sixths further on.
    shifted = (place[..., None] + torch.tensor([5.0, 3.0, 1.0], device=pixels.device)).remainder(6)
    ramp = torch.minimum(shifted, 4 - shifted).clamp(0, 1)
    result = (high[..., None] - spread[..., None] * ramp).round().to(torch.uint8)
    return result if pixels.shape[3] == 3 else torch.cat([result, pixels[..., 3:]], 3)
