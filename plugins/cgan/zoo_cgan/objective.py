"""A GAN over pairs of an image and its guide. Mirza and Osindero 2014, arXiv 1411.1784; Isola et al. 2017, arXiv 1611.07004.

Both networks see the guide. Any adversarial objective is given two terms that make the guide count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from zoo_cgan.options import CganOptions
from zoo_core.interfaces import Batch, Draw, Nets, Objective, Parts, Phase
from zoo_core.objectives.adversarial import wrapped


class Guided(Objective):
    """The wrapped objective, with `match` in the generator's loss and `mismatch` in the critic's.

    Raises ZooError for an objective that is not made from zoo_core.objectives.adversarial.Adversarial.
    """

    def __init__(self, adversarial: Objective, options: CganOptions) -> None:
        self.adversarial = wrapped(adversarial, "cgan")
        self.options = options
        self.prior = self.adversarial.prior

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        return self.adversarial.nets(parts)

    def phases(self) -> Sequence[Phase]:
        return self.adversarial.phases(self.critic, self.generator)

    def critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        """The wrapped loss; `mismatch` is the same loss with (real image, another image's guide) in the place of fakes.

        Reed et al. 2016, arXiv 1605.05396, section 4.2: a critic that never sees a wrong pair need not look at the guide.
        """
        terms = dict(self.adversarial.critic(nets, batch, draw))
        if self.options.mismatch:
            critic, guide = nets["critic"], batch.condition.guide
            assert guide is not None  # the entry needs guides
            wrong = replace(batch.condition, guide=guide.roll(1, 0))
            real = critic(batch.images, batch.condition).float()
            pairs = self.adversarial.loss.critic(real, critic(batch.images, wrong).float())
            counted = [value for name, value in pairs.items() if not name.startswith("~")]
            terms["mismatch"] = self.options.mismatch * torch.stack(counted).sum()
        return terms

    def generator(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        """The wrapped loss and `match`, Isola et al.'s L1 term (section 3.1) on images in [-1, 1]."""
        critic, condition = nets["critic"], batch.condition
        generated = nets["generator"](draw.latent(len(batch.images)), condition)
        terms = self.adversarial.loss.generator(
            critic(generated, condition).float(), lambda: critic(batch.images, condition).float()
        )
        if not self.options.match:
            return terms
        return {**terms, "match": self.options.match * (generated.float() - batch.images).abs().mean()}
