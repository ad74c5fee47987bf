"""Drawing latents from a prior."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from zoo_core.prior import Prior
from zoo_core.seeds import mix


def draw_latent(prior: Prior, n: int, random: torch.Generator) -> Tensor:
    """(n, prior.size) from the prior, on the generator's device."""
    device = random.device
    if prior.name == "normal":
        return torch.randn(n, prior.size, generator=random, device=device)
    if prior.name == "uniform":
        return torch.rand(n, prior.size, generator=random, device=device) * 2 - 1
    pairs = (prior.size + 1) // 2
    pick = torch.rand(n, pairs, generator=random, device=device)
    noise = torch.randn(n, pairs, 2, generator=random, device=device)
    if prior.name == "mixture":
        # A petal is a Gaussian stretched along the ray from the origin through its centre (AAE, figure 4).
        angle = (pick * prior.modes).floor() * (2 * math.pi / prior.modes)
        along, across = 2 + 0.7 * noise[..., 0], 0.15 * noise[..., 1]
        point = torch.stack([along * angle.cos() - across * angle.sin(), along * angle.sin() + across * angle.cos()], -1)
    elif prior.name == "swiss_roll":
        turn = 3 * math.pi * pick.sqrt()
        point = torch.stack([turn * turn.cos(), turn * turn.sin()], -1) / math.pi + 0.1 * noise
    else:
        raise ValueError(f"unknown prior {prior.name}")
    return point.flatten(1)[:, : prior.size]


def sample_latents(prior: Prior, seed: int, first: int, n: int) -> Tensor:
    """(n, prior.size) on the CPU: latents number first .. first + n - 1 of a seed, each independent of n and of the device."""
    rows = [draw_latent(prior, 1, torch.Generator().manual_seed(mix(seed, "sample", i))) for i in range(first, first + n)]
    return torch.cat(rows) if rows else torch.empty(0, prior.size)
