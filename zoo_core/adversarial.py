"""The adversarial game of one generator and one critic, with its loss and its penalty as parts.

Objectives of plugins are made from it in a few lines:

    def hinge(options: HingeOptions) -> Objective:
        return Adversarial(options, AdversarialLoss(critic=..., generator=...))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from zoo_core.adversarial_options import AdversarialOptions
from zoo_core.interfaces import Batch, Condition, Draw, Nets, Objective, Parts, Phase, nothing
from zoo_core.prior import Prior

Penalty = Callable[[nn.Module, Tensor, Tensor, Condition, Draw], Tensor]  # critic, real, fake, condition, draw -> scalar


@dataclass(frozen=True)
class AdversarialLoss:
    """Named terms from a critic's outputs, each (N, 1) float32; they are summed and minimised.

    critic     (real outputs, fake outputs) -> terms of the critic; names starting with "~" are only recorded.
    generator  fake outputs -> terms of the generator.
    """

    critic: Callable[[Tensor, Tensor], Mapping[str, Tensor]]
    generator: Callable[[Tensor], Mapping[str, Tensor]]


class Adversarial(Objective):
    """Critic steps, then generator steps, on an `AdversarialLoss`; `penalty` is added to the critic's, `after` follows its steps."""

    def __init__(
        self,
        options: AdversarialOptions,
        loss: AdversarialLoss,
        penalty: Penalty | None = None,
        after: Callable[[Nets], None] = nothing,
    ) -> None:
        self.options = options
        self.loss = loss
        self.penalty = penalty
        self.after = after
        self.prior = Prior(options.latent, options.prior)

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        return {"generator": parts.generator(self.prior.size), "critic": parts.critic(1)}

    def phases(self) -> Sequence[Phase]:
        options = self.options
        return (
            Phase("critic", ("critic",), self.critic, times=options.critic_steps, after=self.after, rate="critic_lr"),
            Phase("generator", ("generator",), self.generator, times=options.generator_steps),
        )

    def critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        critic, condition = nets["critic"], batch.condition
        with torch.no_grad():
            generated = nets["generator"](draw.latent(len(batch.images)), condition)
        # Two passes: with batch norm in the critic, real and generated images must not share statistics.
        real, fake = critic(batch.images, condition).float(), critic(generated, condition).float()
        terms = dict(self.loss.critic(real, fake))
        if self.penalty is not None:
            terms["penalty"] = self.penalty(critic, batch.images, generated, condition, draw)
        return terms

    def generator(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        generated = nets["generator"](draw.latent(len(batch.images)), batch.condition)
        return self.loss.generator(nets["critic"](generated, batch.condition).float())


WASSERSTEIN = AdversarialLoss(
    critic=lambda real, fake: {"wasserstein": fake.mean() - real.mean()},
    generator=lambda fake: {"score": -fake.mean()},
)
"""Arjovsky, Chintala, Bottou 2017, arXiv 1701.07875, algorithm 1. Minus the critic's term estimates the distance."""


def cross_entropy(smoothing: float = 0.0, saturating: bool = False) -> AdversarialLoss:
    """Goodfellow et al. 2014, arXiv 1406.2661, algorithm 1, on logits.

    smoothing   real images count as real with probability 1 - smoothing (Salimans et al. 2016, arXiv 1606.03498, section 3.4).
    saturating  the generator minimises log(1 - D) instead of -log D (section 3 of the first).
    """

    def critic(real: Tensor, fake: Tensor) -> Mapping[str, Tensor]:
        return {
            "real": binary_cross_entropy_with_logits(real, torch.full_like(real, 1 - smoothing)),
            "fake": softplus(fake).mean(),  # -log(1 - sigmoid(fake))
            "~real_accuracy": (real > 0).float().mean(),
            "~fake_accuracy": (fake < 0).float().mean(),
        }

    def generator(fake: Tensor) -> Mapping[str, Tensor]:
        return {"adversarial": -softplus(fake).mean() if saturating else softplus(-fake).mean()}

    return AdversarialLoss(critic, generator)
