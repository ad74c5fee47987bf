"""Penalties on critics, usable by any objective. Norms are accumulated in float32."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Condition


def input_gradient(critic: nn.Module, x: Tensor, condition: Condition) -> Tensor:
    """The gradient of the sum of the critic's outputs with respect to x, shaped like x, itself differentiable.

    Uses the critic's own `input_gradient` where it has one (no double backward), autograd otherwise.
    """
    direct = getattr(critic, "input_gradient", None)
    if direct is not None:
        gradient: Tensor = direct(x, condition)
        return gradient
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        score = critic(x, condition).sum()
        return torch.autograd.grad(score, x, create_graph=True)[0]


def gradient_norm(critic: nn.Module, x: Tensor, condition: Condition) -> Tensor:
    """(N,): per image, the L2 norm over all of C, H and W of the critic's input gradient."""
    return input_gradient(critic, x, condition).float().flatten(1).norm(dim=1)


def gradient_penalty(
    critic: nn.Module, real: Tensor, fake: Tensor, condition: Condition, epsilon: Tensor, *, target: float = 1.0, one_sided: bool = False
) -> Tensor:
    """Mean of (|gradient| - target)^2 between real and fake images (Gulrajani et al. 2017, arXiv 1704.00028, equation 3).

    epsilon    (N,) in [0, 1], one number per image: x = epsilon * real + (1 - epsilon) * fake.
    one_sided  count only norms above the target (the same paper, section 4, "two-sided penalty").
    """
    epsilon = epsilon.view(-1, *[1] * (real.dim() - 1))
    excess = gradient_norm(critic, torch.lerp(fake.detach(), real, epsilon), condition) - target
    return (excess.clamp_min(0) if one_sided else excess).square().mean()


@torch.no_grad()
def clip_weights(networks: Iterable[nn.Module], bound: float) -> None:
    """Clamp every parameter to [-bound, bound] (Arjovsky et al. 2017, arXiv 1701.07875, algorithm 1, line 7)."""
    for network in networks:
        for parameter in network.parameters():
            parameter.clamp_(-bound, bound)
