"""Autoencoding GAN. Lazarou 2020, Autoencoding Generative Adversarial Networks, arXiv 2004.05472; losses as in PokeGAN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss, softplus

from zoo_aegan.options import AeganOptions
from zoo_core.interfaces import Batch, Draw, Nets, Objective, Parts, Phase
from zoo_core.prior import Prior


class Aegan(Objective):
    """Two players, a generator G and an encoder E, against a critic of images and a critic of codes.

    Images go to codes and back, x -> E(x) -> G(E(x)), and codes to images and back, z -> G(z) -> E(G(z)). The way there and
    the way back are both judged: samples G(z) and reconstructions G(E(x)) by the critic that knows real images, E(x) and
    E(G(z)) by the critic that knows the prior. Each critic learns on batches of its own.
    """

    encoder = "encoder"

    def __init__(self, options: AeganOptions) -> None:
        self.options = options
        self.prior = Prior(options.latent, options.prior)

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        size = self.prior.size
        return {
            "generator": parts.generator(size),
            "encoder": parts.critic(size),
            "image_critic": parts.critic(1),
            "code_critic": parts.critic(1, vector=size),
        }

    def phases(self) -> Sequence[Phase]:
        times = self.options.critic_steps
        return (
            Phase("image_critic", ("image_critic",), self.image_critic, times, rate="critic_lr"),
            Phase("code_critic", ("code_critic",), self.code_critic, times, rate="critic_lr"),
            Phase("players", ("generator", "encoder"), self.players),
        )

    def image_critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        images, condition = batch.images, batch.condition
        with torch.no_grad():
            samples = nets["generator"](draw.latent(len(images)), condition)
            reconstructions = nets["generator"](nets["encoder"](images, condition), condition)
        # Three passes: batch norm must not mix what is to be told apart.
        outputs = (nets["image_critic"](x, condition).float() for x in (images, samples, reconstructions))
        return critic_terms(*outputs)

    def code_critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        images, condition = batch.images, batch.condition
        latents = draw.latent(len(images))
        with torch.no_grad():
            codes = nets["encoder"](images, condition)
            reconstructions = nets["encoder"](nets["generator"](latents, condition), condition)
        outputs = (nets["code_critic"](z, condition).float() for z in (latents, codes, reconstructions))
        return critic_terms(*outputs)

    def players(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        generator, encoder, options = nets["generator"], nets["encoder"], self.options
        images, condition = batch.images, batch.condition
        latents = draw.latent(len(images))
        samples, codes = generator(latents, condition), encoder(images, condition)
        images_again, codes_again = generator(codes, condition), encoder(samples, condition)
        image_error = l1_loss(images_again.float(), images)
        code_error = mse_loss(codes_again.float(), latents)
        fooled = {
            name: torch.stack([softplus(-nets[name](x, condition).float()).mean() for x in pair]).mean()  # -log D(x)
            for name, pair in (("image_critic", (samples, images_again)), ("code_critic", (codes, codes_again)))
        }
        return {
            "image": options.image_weight * image_error,
            "code": options.code_weight * code_error,
            "adversarial_image": options.adversarial_image * fooled["image_critic"],
            "adversarial_code": options.adversarial_code * fooled["code_critic"],
            "~absolute_error": image_error,
            "~squared_code_error": code_error,
        }


def critic_terms(real: Tensor, sample: Tensor, reconstruction: Tensor) -> Mapping[str, Tensor]:
    """Logits (N, 1) of the real thing and of its two imitations -> (2 BCE(real, 1) + BCE(one, 0) + BCE(other, 0)) / 4.

    The real thing is an image, or a draw from the prior. Its sample is G(z), or E(x); its reconstruction G(E(x)), or E(G(z)).
    """
    return {
        "real": softplus(-real).mean() / 2,
        "sample": softplus(sample).mean() / 4,
        "reconstruction": softplus(reconstruction).mean() / 4,
        "~real_accuracy": (real > 0).float().mean(),
        "~fake_accuracy": (torch.cat([sample, reconstruction]) < 0).float().mean(),
    }
