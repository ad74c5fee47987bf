"""Wasserstein GAN with gradient penalty. Gulrajani et al. 2017, arXiv 1704.00028, algorithm 1."""

from __future__ import annotations

from torch import Tensor, nn

from zoo_core.adversarial import Adversarial
from zoo_core.interfaces import Condition, Draw, Objective
from zoo_core.losses import WASSERSTEIN
from zoo_core.penalties import gradient_penalty
from zoo_wgan_gp.options import WassersteinPenaltyOptions


def wgan_gp(options: WassersteinPenaltyOptions) -> Objective:
    """The critic estimates the Wasserstein distance; a penalty holds its gradient norm near 1 between real and fake images."""

    def penalty(critic: nn.Module, real: Tensor, fake: Tensor, condition: Condition, draw: Draw) -> Tensor:
        epsilon = draw.uniform(len(real))
        return options.penalty * gradient_penalty(critic, real, fake, condition, epsilon, one_sided=options.one_sided)

    return Adversarial(options, WASSERSTEIN, penalty)
