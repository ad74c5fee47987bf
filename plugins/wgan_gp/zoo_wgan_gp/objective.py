"""Wasserstein GAN with gradient penalty. Gulrajani et al. 2017, arXiv 1704.00028, algorithm 1."""

from __future__ import annotations

from torch import Tensor, nn

from zoo_core.interfaces import Condition, Draw, Objective
from zoo_core.objectives.adversarial import Adversarial
from zoo_core.objectives.losses import WASSERSTEIN
from zoo_core.objectives.penalties import gradient_penalty, input_gradient
from zoo_wgan_gp.options import WassersteinPenaltyOptions


def wgan_gp(options: WassersteinPenaltyOptions) -> Objective:
    """The critic estimates the Wasserstein distance; a penalty holds its gradient norm near 1 between real and fake images."""
    measure = gradient_penalty if options.norm_over == "image" else pixel_penalty

    def penalty(critic: nn.Module, real: Tensor, fake: Tensor, condition: Condition, draw: Draw) -> Tensor:
        epsilon = draw.uniform(len(real))
        return options.penalty * measure(critic, real, fake, condition, epsilon, one_sided=options.one_sided)

    return Adversarial(options, WASSERSTEIN, penalty)


def pixel_penalty(
    critic: nn.Module, real: Tensor, fake: Tensor, condition: Condition, epsilon: Tensor, *, one_sided: bool = False
) -> Tensor:
    """Mean over images and pixels of (|gradient at the pixel| - 1)^2, the norm being over the channels alone.

    The penalty in the code of Chen et al., which is not that of the paper they follow: it holds the gradient of an image of
    H x W pixels near a norm of sqrt(H * W), not of 1. Arguments as of zoo_core.objectives.penalties.gradient_penalty.
    """
    x = fake.detach().lerp(real, epsilon.to(real).view(-1, *[1] * (real.dim() - 1)))
    excess = input_gradient(critic, x, condition).float().norm(dim=1) - 1  # (N, H, W)
    squares: Tensor = (excess.clamp_min(0) if one_sided else excess).square()
    return squares.mean()
