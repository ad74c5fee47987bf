"""Adversarial autoencoder. Makhzani et al. 2015, Adversarial Autoencoders, arXiv 1511.05644, section 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from zoo_aae.options import AdversarialAutoencoderOptions
from zoo_core.interfaces import Batch, Draw, Nets, Objective, Parts, Phase
from zoo_core.objectives.losses import cross_entropy
from zoo_core.objectives.reconstruction import reconstruction
from zoo_core.prior import Prior


class AdversarialAutoencoder(Objective):
    """The generator decodes what the encoder, a critic with `latent` outputs, makes of an image: a deterministic code.

    A critic of codes tells draws from the prior (real) from codes of images (fake), and the encoder learns to be taken for
    the prior. Each phase has a batch and an optimizer of its own, so the scales of the losses need no balance.
    """

    encoder = "encoder"

    def __init__(self, options: AdversarialAutoencoderOptions) -> None:
        self.options = options
        self.prior = Prior(options.latent, options.prior, options.modes)
        self.adversarial = cross_entropy()

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        size = self.prior.size
        return {"generator": parts.generator(size), "encoder": parts.critic(size), "critic": parts.critic(1, vector=size)}

    def phases(self) -> Sequence[Phase]:
        return (
            Phase("reconstruct", ("generator", "encoder"), self.reconstruct),
            Phase("critic", ("critic",), self.critic, times=self.options.critic_steps, rate="critic_lr"),
            Phase("regularise", ("encoder",), self.regularise),
        )

    def reconstruct(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        decoded = nets["generator"](nets["encoder"](batch.images, batch.condition), batch.condition)
        return {
            "reconstruction": reconstruction(self.options.reconstruction, decoded, batch.images).mean(),
            "~squared_error": (decoded.float() - batch.images).square().mean(),
        }

    def critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        condition, critic = batch.condition, nets["critic"]
        with torch.no_grad():
            codes = nets["encoder"](batch.images, condition)
        real, fake = critic(draw.latent(len(codes)), condition), critic(codes, condition)
        return self.adversarial.critic(real.float(), fake.float())

    def regularise(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        condition, critic = batch.condition, nets["critic"]
        codes = nets["encoder"](batch.images, condition)
        # cross-entropy looks at the fake side alone, so the critic's answer to the prior is not asked for
        return self.adversarial.generator(
            critic(codes, condition).float(), lambda: critic(draw.latent(len(codes)), condition).float()
        )
