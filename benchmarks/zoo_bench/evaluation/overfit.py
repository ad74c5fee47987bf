"""The papers' unit test of a model: can it learn one image, or two images with two labels, by heart?"""

from __future__ import annotations

import torch

from zoo_core.images import Images
from zoo_core.model.bundle import Bundle

SAMPLES = 16  # per image


def overfit_error(bundle: Bundle, images: Images) -> float:
    """Mean absolute difference, as a share of the range 0..255, between samples and the images they should repeat.

    With labels or guides, samples of an image's own are compared with that image; without, each with the image nearest to
    it, and the larger of that and the distance from each image to its nearest sample counts, so that no image may be forgotten.
    """
    real = torch.from_numpy(images.pixels).permute(0, 3, 1, 2).float()
    if bundle.space.labels or bundle.space.guide:
        labels = torch.from_numpy(images.labels).repeat_interleave(SAMPLES, 0) if bundle.space.labels else None
        guide = bundle.guide(real.to(torch.uint8)).repeat_interleave(SAMPLES, 0) if bundle.space.guide else None
        drawn = bundle.sample(SAMPLES * len(real), labels=labels, guide=guide).float().view(len(real), SAMPLES, *real.shape[1:])
        return float((drawn - real[:, None]).abs().mean() / 255)
    drawn = bundle.sample(SAMPLES * len(real)).float()
    distance = (drawn[:, None] - real[None]).abs().flatten(2).mean(2)  # (samples, images)
    return float(max(distance.amin(1).mean(), distance.amin(0).mean()) / 255)
