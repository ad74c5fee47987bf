"""Training loops as popular repositories write them, for the races: eager, float32, NCHW, default optimizers.

What is slow in them is on purpose: generated images keep their graph in the critic's step, so that its backward also runs
through the generator; the critic's gradients are computed and thrown away in the generator's step; losses are read back.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo_core.interfaces import Condition

NONE = Condition()


def batches(images: Tensor, size: int) -> Callable[[], Tensor]:
    """A function that gives the next batch of a tensor in memory."""
    place = 0

    def following() -> Tensor:
        nonlocal place
        start = place * size % (len(images) - size + 1)
        place += 1
        return images[start : start + size]

    return following


def wgan_gp(generator: nn.Module, critic: nn.Module, images: Tensor, batch: int) -> Callable[[], float]:
    """One iteration: five critic steps with a gradient penalty by double backward, one generator step."""
    following = batches(images, batch)
    of_generator = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.5, 0.999))
    of_critic = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.5, 0.999))

    def penalty(real: Tensor, fake: Tensor) -> Tensor:
        epsilon = torch.rand(len(real), 1, 1, 1)
        between = (epsilon * real + (1 - epsilon) * fake).requires_grad_(True)
        score = critic(between, NONE)
        ones = torch.ones_like(score)
        gradient = torch.autograd.grad(score, between, ones, create_graph=True, retain_graph=True)[0]
        return ((gradient.view(len(real), -1).norm(2, dim=1) - 1) ** 2).mean()

    def iteration() -> float:
        for _ in range(5):
            real = following()
            of_critic.zero_grad()
            z = torch.randn(batch, 100)
            fake = generator(z, NONE)
            loss = -critic(real, NONE).mean() + critic(fake, NONE).mean() + 10 * penalty(real, fake.detach())
            loss.backward()
            of_critic.step()
        of_generator.zero_grad()
        loss = -critic(generator(z, NONE), NONE).mean()
        loss.backward()
        of_generator.step()
        return float(loss.item())

    return iteration


def wgan_clip(generator: nn.Module, critic: nn.Module, images: Tensor, batch: int) -> Callable[[], float]:
    """One iteration: five clipped critic steps, one generator step."""
    following = batches(images, batch)
    of_generator = torch.optim.RMSprop(generator.parameters(), lr=5e-5)
    of_critic = torch.optim.RMSprop(critic.parameters(), lr=5e-5)

    def iteration() -> float:
        for _ in range(5):
            of_critic.zero_grad()
            z = torch.randn(batch, 100)
            fake = generator(z, NONE).detach()
            loss = -critic(following(), NONE).mean() + critic(fake, NONE).mean()
            loss.backward()
            of_critic.step()
            for parameter in critic.parameters():
                parameter.data.clamp_(-0.01, 0.01)
        of_generator.zero_grad()
        loss = -critic(generator(z, NONE), NONE).mean()
        loss.backward()
        of_generator.step()
        return float(loss.item())

    return iteration


def vae(decoder: nn.Module, encoder: nn.Module, images: Tensor, batch: int) -> Callable[[], float]:
    """One step of a variational autoencoder."""
    following = batches(images, batch)
    optimizer = torch.optim.Adam([*decoder.parameters(), *encoder.parameters()], lr=1e-3)

    def iteration() -> float:
        real = following()
        optimizer.zero_grad()
        mean, log_variance = encoder(real, NONE).chunk(2, 1)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        reconstruction = F.mse_loss(decoder(z, NONE), real, reduction="sum") / batch
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum() / batch
        loss = reconstruction + divergence
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return iteration
