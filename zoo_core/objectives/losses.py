"""Adversarial losses: what a critic's outputs are worth to the critic and to the generator.

Outputs are (N, 1) float32 without an activation; N is the same on both sides. p and q below are the densities of real and
generated images, and the optimal critic is the one that minimises the critic's terms with the generator fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, relu, softplus

from zoo_core.whole_batch import whole_mean

Terms = Mapping[str, Tensor]


@dataclass(frozen=True)
class AdversarialLoss:
    """Named terms from a critic's outputs; they are summed and minimised. Names starting with "~" are only recorded.

    critic     (real outputs, fake outputs) -> terms of the critic.
    generator  (fake outputs, real) -> terms of the generator; real() computes the outputs of the batch's real images, at the
               cost of one more pass, so only losses that need them call it.
    """

    critic: Callable[[Tensor, Tensor], Terms]
    generator: Callable[[Tensor, Callable[[], Tensor]], Terms]


WASSERSTEIN = AdversarialLoss(
    critic=lambda real, fake: {"wasserstein": fake.mean() - real.mean()},
    generator=lambda fake, real: {"score": -fake.mean()},
)
"""Arjovsky, Chintala, Bottou 2017, arXiv 1701.07875, algorithm 1. Minus the critic's term estimates the distance."""


def cross_entropy(smoothing: float = 0.0, saturating: bool = False) -> AdversarialLoss:
    """Goodfellow et al. 2014, arXiv 1406.2661, algorithm 1, on logits.

    The optimal critic is the logit of (1 - smoothing) p / (p + q).

    smoothing   real images count as real with probability 1 - smoothing (Salimans et al. 2016, arXiv 1606.03498, section 3.4).
    saturating  the generator minimises log(1 - D) instead of -log D (section 3 of the first).
    """

    def critic(real: Tensor, fake: Tensor) -> Terms:
        return {
            "real": binary_cross_entropy_with_logits(real, torch.full_like(real, 1 - smoothing)),
            "fake": softplus(fake).mean(),  # -log(1 - sigmoid(fake))
            "~real_accuracy": (real > 0).float().mean(),
            "~fake_accuracy": (fake < 0).float().mean(),
        }

    def generator(fake: Tensor, real: Callable[[], Tensor]) -> Terms:
        return {"adversarial": -softplus(fake).mean() if saturating else softplus(-fake).mean()}

    return AdversarialLoss(critic, generator)


def least_squares(smoothing: float = 0.0) -> AdversarialLoss:
    """Mao et al. 2017, arXiv 1611.04076, equation 9: targets 0 for fake and 1 for real images, and 1 for the generator's.

    The optimal critic is (1 - smoothing) p / (p + q); `smoothing` lowers the target of real images to 1 - smoothing.
    """

    def critic(real: Tensor, fake: Tensor) -> Terms:
        return {
            "real": (real - (1 - smoothing)).square().mean() / 2,
            "fake": fake.square().mean() / 2,
            "~real_accuracy": (real > 0.5).float().mean(),
            "~fake_accuracy": (fake < 0.5).float().mean(),
        }

    return AdversarialLoss(critic, lambda fake, real: {"adversarial": (fake - 1).square().mean() / 2})


def hinge() -> AdversarialLoss:
    """Lim and Ye 2017, arXiv 1705.02894; Miyato et al. 2018, arXiv 1802.05957, equations 16 and 17.

    The optimal critic is sign(p - q).
    """

    def critic(real: Tensor, fake: Tensor) -> Terms:
        return {
            "real": relu(1 - real).mean(),
            "fake": relu(1 + fake).mean(),
            "~real_accuracy": (real > 0).float().mean(),
            "~fake_accuracy": (fake < 0).float().mean(),
        }

    return AdversarialLoss(critic, lambda fake, real: {"score": -fake.mean()})


def relativistic() -> AdversarialLoss:
    """Jolicoeur-Martineau 2018, arXiv 1807.00734, section 4.1: is this real image more real than this generated one?

    Outputs are compared in pairs, row by row, so only their differences matter. The generator asks the opposite.
    """

    def critic(real: Tensor, fake: Tensor) -> Terms:
        return {"relativistic": softplus(fake - real).mean(), "~accuracy": (real > fake).float().mean()}

    return AdversarialLoss(critic, lambda fake, real: {"adversarial": softplus(real() - fake).mean()})


def relativistic_average() -> AdversarialLoss:
    """Jolicoeur-Martineau 2018, arXiv 1807.00734, section 4.2: every output is compared with the mean of the other side."""

    def critic(real: Tensor, fake: Tensor) -> Terms:
        above, below = real - whole_mean(fake.mean()), fake - whole_mean(real.mean())
        return {
            "real": softplus(-above).mean(),
            "fake": softplus(below).mean(),
            "~real_accuracy": (above > 0).float().mean(),
            "~fake_accuracy": (below < 0).float().mean(),
        }

    def generator(fake: Tensor, real: Callable[[], Tensor]) -> Terms:
        truth = real()
        above, below = truth - whole_mean(fake.mean()), fake - whole_mean(truth.mean())
        return {"real": softplus(above).mean(), "fake": softplus(-below).mean()}

    return AdversarialLoss(critic, generator)
