"""Variational autoencoder. Kingma and Welling 2013, Auto-Encoding Variational Bayes, arXiv 1312.6114.

beta weighs the KL divergence: Higgins et al. 2017, beta-VAE. Free bits: Kingma et al. 2016, arXiv 1606.04934, appendix C.8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Batch, Draw, Nets, Objective, Parts, Phase
from zoo_core.objectives.reconstruction import reconstruction
from zoo_core.prior import Prior
from zoo_core.whole_batch import whole_mean, whole_rows
from zoo_vae.options import VariationalOptions

LOG_VARIANCE = 20.0  # bound on its absolute value, so that its exponential stays finite


class Variational(Objective):
    """The generator decodes; the encoder, a critic with 2 * latent outputs, gives the mean and log-variance of q(z | x).

    The loss of an image is the sum over its pixels of the reconstruction cost, plus beta times the sum over the latent of
    the KL divergence: with beta 1 and no free bits, minus the evidence lower bound in nats. The batch is averaged.
    """

    encoder = "encoder"  # its first outputs are the means

    def __init__(self, options: VariationalOptions) -> None:
        self.options = options
        self.prior = Prior(options.latent)

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        size = self.prior.size
        return {"generator": parts.generator(size), "encoder": parts.critic(2 * size)}

    def phases(self) -> Sequence[Phase]:
        return (Phase("autoencode", ("generator", "encoder"), self.loss),)

    def loss(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        options, images = self.options, batch.images
        mean, log_variance = posterior(nets["encoder"](images, batch.condition))
        z = mean + (log_variance / 2).exp() * draw.normal(*mean.shape)
        decoded = nets["generator"](z, batch.condition)
        divergence = kl(mean, log_variance)
        return {
            "reconstruction": reconstruction(options.reconstruction, decoded, images).mean(),
            "kl": options.beta * charged(divergence, options.free_bits),
            "~nats": divergence.sum(1).mean(),
            "~active": (whole_rows(mean.detach()).var(0, correction=0) > 0.01).float().sum(),
            "~squared_error": (decoded.float() - images).square().mean(),
        }


def posterior(out: Tensor) -> tuple[Tensor, Tensor]:
    """(N, 2 * latent) outputs of an encoder -> mean and log-variance, each (N, latent) float32."""
    mean, log_variance = out.float().chunk(2, 1)
    return mean, log_variance.clamp(-LOG_VARIANCE, LOG_VARIANCE)


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """(N, latent): KL(N(mean, variance) || N(0, 1)) of every coordinate, in nats (the first paper, appendix B)."""
    return (mean.square() + torch.expm1(log_variance) - log_variance) / 2


def charged(divergence: Tensor, free_bits: float) -> Tensor:
    """(N, latent) -> scalar: the sum over coordinates of max(free_bits, mean over the batch).

    A coordinate that carries less than `free_bits` nats is not pushed down further, so that it is not given up early.
    """
    return whole_mean(divergence.mean(0)).clamp_min(free_bits).sum()
