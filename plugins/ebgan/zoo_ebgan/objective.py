"""Energy-based GAN. Zhao, Mathieu, LeCun 2017, arXiv 1609.03126.

The critic is an autoencoder, and the energy of an image is its reconstruction error. The critic lowers the energy of real
images and raises that of generated ones up to a margin; the generator lowers the energy of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

from zoo_core.interfaces import Batch, Condition, Draw, Nets, Objective, Parts, Phase
from zoo_core.prior import Prior
from zoo_core.whole_batch import whole_mean, whole_rows
from zoo_ebgan.options import EbganOptions


class EnergyBased(Objective):
    """Networks "encoder" (a critic with `code` outputs) and "decoder" (a generator from codes) are the critic together."""

    def __init__(self, options: EbganOptions) -> None:
        self.options = options
        self.prior = Prior(options.latent, options.prior)

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        code = self.options.code
        return {"generator": parts.generator(self.prior.size), "encoder": parts.critic(code), "decoder": parts.generator(code)}

    def phases(self) -> Sequence[Phase]:
        options = self.options
        return (
            Phase("critic", ("encoder", "decoder"), self.critic, times=options.critic_steps, rate="critic_lr"),
            Phase("generator", ("generator",), self.generator, times=options.generator_steps),
        )

    def critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        """Section 2.2, equation 1: E(x) + max(0, margin - E(G(z))), the margin per image."""
        with torch.no_grad():
            generated = nets["generator"](draw.latent(len(batch.images)), batch.condition)
        margin = spread(batch.images) / 2 if self.options.margin is None else self.options.margin
        real, _ = energy(nets, batch.images, batch.condition)
        fake, _ = energy(nets, generated, batch.condition)
        return {"real": real.mean(), "fake": relu(margin - fake).mean(), "~fake_energy": fake.mean()}

    def generator(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        """Section 2.2, equation 2, and the pulling-away term of section 2.4."""
        generated = nets["generator"](draw.latent(len(batch.images)), batch.condition)
        fake, code = energy(nets, generated, batch.condition)
        terms = {"energy": fake.mean()}
        if self.options.pull_away:
            terms["pull_away"] = self.options.pull_away * pull_away(code)
        return terms


def energy(nets: Nets, images: Tensor, condition: Condition) -> tuple[Tensor, Tensor]:
    """(N, C, H, W) -> the mean squared reconstruction error of every image, (N,) in [0, 4], and the codes (N, code).

    With instance noise the encoder sees noisy images and the error is that of the clean ones: a denoising autoencoder.
    """
    code = nets["encoder"](images, condition).float()
    return (nets["decoder"](code, condition).float() - images).square().flatten(1).mean(1), code


def pull_away(code: Tensor) -> Tensor:
    """Mean squared cosine between the codes of different images (section 2.4, equation 4): (N, code) -> [0, 1]; 0 for N = 1."""
    direction = whole_rows(normalize(code))
    n, cosines = len(direction), direction @ direction.T
    return (cosines.square().sum() - cosines.diagonal().square().sum()) / max(1, n * (n - 1))


def spread(images: Tensor) -> Tensor:
    """Mean squared distance of all pixels of a batch from the batch's mean colour: the energy that an autoencoder reaches
    that knows nothing but that colour, so that the margin fits images of any contrast."""
    colour = whole_mean(images.mean((0, 2, 3), keepdim=True))
    return whole_mean((images - colour).square().mean())
