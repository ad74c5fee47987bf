"""Penalties on critics, usable by any objective. Norms are accumulated in float32.

All of them are means over the batch of something per image. A critic with batch norm mixes the images of a batch, and then
the gradient of an image holds what it does to the outputs of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Condition, Draw
from zoo_core.whole_batch import whole_mean

Penalty = Callable[[nn.Module, Tensor, Tensor, Condition, Draw], Tensor]  # critic, real, fake, condition, draw -> scalar


def input_gradient(critic: nn.Module, x: Tensor, condition: Condition) -> Tensor:
    """The gradient of the sum of the critic's outputs with respect to x, shaped like x, itself differentiable.

    Uses the critic's own `input_gradient` where it has one (no double backward), autograd otherwise.
    """
    gradient: Tensor
    direct = getattr(critic, "input_gradient", None)
    if direct is not None:
        gradient = direct(x, condition)
        return gradient
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        score = critic(x, condition).sum()
        gradient = torch.autograd.grad(score, x, create_graph=True)[0]
    return gradient


class FirstOutput(nn.Module):
    """A critic's first output alone, (N, 1): what penalties are about, where a critic has more of them."""

    def __init__(self, critic: nn.Module) -> None:
        super().__init__()
        self.critic = critic

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        out: Tensor = self.critic(x, condition)
        return out[:, :1]

    @property
    def input_gradient(self) -> Callable[[Tensor, Condition], Tensor] | None:
        """The critic's own, of its first output; None if it has none."""
        direct = getattr(self.critic, "input_gradient", None)
        return None if direct is None else partial(direct, output=0)


def gradient_norm(critic: nn.Module, x: Tensor, condition: Condition) -> Tensor:
    """(N,): per image, the L2 norm over all of C, H and W of the critic's input gradient."""
    norms: Tensor = input_gradient(critic, x, condition).float().flatten(1).norm(dim=1)
    return norms


def gradient_penalty(
    critic: nn.Module,
    real: Tensor,
    fake: Tensor,
    condition: Condition,
    epsilon: Tensor,
    *,
    target: float = 1.0,
    one_sided: bool = False,
) -> Tensor:
    """Mean of (|gradient| - target)^2 between real and fake images (Gulrajani et al. 2017, arXiv 1704.00028, equation 3).

    epsilon    (N,) in [0, 1], one number per image: x = epsilon * real + (1 - epsilon) * fake.
    one_sided  count only norms above the target (the same paper, section 4, "two-sided penalty").
    """
    epsilon = epsilon.to(real.dtype).view(-1, *[1] * (real.dim() - 1))
    between = torch.lerp(fake.detach().to(real.dtype), real, epsilon)  # fake images are bfloat16 under autocast
    excess = gradient_norm(critic, between, condition) - target
    return (excess.clamp_min(0) if one_sided else excess).square().mean()


def zero_centred(critic: nn.Module, x: Tensor, condition: Condition) -> Tensor:
    """Half the mean of |gradient|^2 at x (Mescheder et al. 2018, arXiv 1801.04406, section 4.1).

    At real images this is R1 (equation 9), at generated ones R2 (equation 10), without their weight gamma.
    """
    return input_gradient(critic, x.detach(), condition).float().flatten(1).square().sum(1).mean() / 2


def dragan(critic: nn.Module, real: Tensor, condition: Condition, noise: Tensor, *, target: float = 1.0) -> Tensor:
    """Mean of (|gradient| - target)^2 around real images (Kodali et al. 2017, arXiv 1705.07215, section 2.3).

    noise  standard normal, shaped as `real`; it is scaled to half the standard deviation of all numbers in `real`.
    """
    deviation = whole_mean((real - whole_mean(real.mean())).square().mean()).sqrt()
    x = real + 0.5 * deviation * noise
    return (gradient_norm(critic, x, condition) - target).square().mean()


def lazy(penalty: Penalty, interval: int) -> Penalty:
    """The penalty in every `interval`-th iteration only, multiplied by `interval`: the same on average, for less work.

    Karras et al. 2020, arXiv 1912.04958, section 3.1.
    An iteration with several critic steps has it in all of them or in none. Zero in between, without a pass of the critic.
    """

    def sometimes(critic: nn.Module, real: Tensor, fake: Tensor, condition: Condition, draw: Draw) -> Tensor:
        if draw.iteration % interval:
            return real.new_zeros(())
        return interval * penalty(critic, real, fake, condition, draw)

    return sometimes


def named_penalty(name: str, weight: float, target: float = 1.0, interval: int = 1) -> Penalty | None:
    """One of zoo_core.objectives.options.PENALTIES, weighted and lazy; None for "none". Raises KeyError for other names.

    target  the gradient norm that gradient, one_sided and dragan aim at; r1 and r2 aim at zero.
    """

    def between(critic: nn.Module, real: Tensor, fake: Tensor, condition: Condition, draw: Draw) -> Tensor:
        epsilon = draw.uniform(len(real))
        return gradient_penalty(critic, real, fake, condition, epsilon, target=target, one_sided=name == "one_sided")

    penalties: dict[str, Penalty] = {
        "gradient": between,
        "one_sided": between,
        "r1": lambda critic, real, fake, condition, draw: zero_centred(critic, real, condition),
        "r2": lambda critic, real, fake, condition, draw: zero_centred(critic, fake, condition),
        "r1_r2": lambda critic, real, fake, condition, draw: (
            zero_centred(critic, real, condition) + zero_centred(critic, fake, condition)
        ),
        "dragan": lambda critic, real, fake, condition, draw: dragan(
            critic, real, condition, draw.normal(*real.shape), target=target
        ),
    }
    if name == "none":
        return None
    chosen = penalties[name]

    def weighted(critic: nn.Module, real: Tensor, fake: Tensor, condition: Condition, draw: Draw) -> Tensor:
        return weight * chosen(critic, real, fake, condition, draw)

    return lazy(weighted, interval) if interval > 1 else weighted


@torch.no_grad()
def clip_weights(networks: Iterable[nn.Module], bound: float) -> None:
    """Clamp every parameter to [-bound, bound] (Arjovsky et al. 2017, arXiv 1701.07875, algorithm 1, line 7)."""
    for network in networks:
        for parameter in network.parameters():
            parameter.clamp_(-bound, bound)
