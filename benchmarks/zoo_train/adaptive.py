"""Adaptive discriminator augmentation: how often to augment. Karras et al. 2020, arXiv 2006.06676, section 3.1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

INTERVAL = 4  # iterations between two changes (section 3.1: "once every four minibatches")
MOST = 0.8  # the probability up to which augmentations do not leak (section 2.2)


class Adaptive(nn.Module):
    """The probability of augmentation, moved so that the critic is right about real images as often as wanted.

    A critic that has begun to know its training images by heart is right about more and more of them. The paper measures it
    by r_t = E[sign D(real)] (equation 1), where D's zero lies between real and generated images. Outputs of critics without
    such a zero (Wasserstein, relativistic) are measured from the middle between the means of both sides; for a critic whose
    zero lies there it is the same number.

    Its state is three numbers on the device, saved with a checkpoint, and nothing ever waits for them.
    """

    probability: Tensor  # scalar in [0, MOST]
    signs: Tensor  # sum of the signs since the last change
    seen: Tensor  # real images since the last change

    def __init__(self, target: float, images: int) -> None:
        """target  of r_t, in (0, 1); images  real ones in which the probability can go from 0 to 1."""
        super().__init__()
        self.target = target
        self.images = images
        for name in ("probability", "signs", "seen"):
            self.register_buffer(name, torch.zeros(()))

    @torch.no_grad()
    def observe(self, real: Tensor, fake: Tensor) -> None:
        """Outputs (N, out) of a critic for real and generated images of the same step; the first column is its score."""
        real, fake = real[:, 0].float(), fake[:, 0].float()
        middle = (real.mean() + fake.mean()) / 2
        self.signs += (real - middle).sign().sum()
        self.seen += len(real)

    @torch.no_grad()
    def adapt(self, iteration: int) -> None:
        """After iteration number `iteration`, from 1: every fourth time, a step of the probability up or down."""
        if iteration % INTERVAL:
            return
        excess = self.signs / self.seen.clamp_min(1) - self.target  # r_t - target; nothing seen yet: below the target
        self.probability.add_(excess.sign() * self.seen / self.images).clamp_(0, MOST)
        self.signs.zero_()
        self.seen.zero_()
