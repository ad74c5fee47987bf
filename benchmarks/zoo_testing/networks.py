"""Small networks of a subject, and what they are fed with."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Condition, Critic, Generator, Upsampler
from zoo_core.nets.options import TransposedOptions
from zoo_core.nets.upsamplers import Transposed
from zoo_core.space import Space
from zoo_testing.subject import LATENT, Subject

__all__ = ["condition", "critic", "generator", "images", "latents", "slope", "wake"]


def generator(subject: Subject, space: Space, upsampler: Upsampler | None = None) -> Generator:
    """The subject's generator over the reference upsampler, the same weights every time."""
    torch.manual_seed(0)
    made: Generator = subject.target(space, LATENT, upsampler or Transposed(TransposedOptions()), subject.options)
    return made


def critic(subject: Subject, space: Space, out: int = 1, vector: int = 0) -> Critic:
    torch.manual_seed(0)
    made: Critic = subject.target(space, out, vector, subject.options)
    return made


def wake(net: nn.Module) -> nn.Module:
    """Move every weight a little, and freeze what a batch says: gates that start at zero open, norms use their statistics.

    A network may begin with a zero, so that a label, say, has no effect before the first step. After it has moved, it must.
    """
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.05)
    return net.eval()


def latents(n: int = 4, seed: int = 0) -> Tensor:
    return torch.randn(n, LATENT, generator=torch.Generator().manual_seed(seed))


def images(space: Space, n: int = 4, seed: int = 0) -> Tensor:
    """(n, C, H, W), uniform on [-1, 1]."""
    shape = (n, space.channels, space.size, space.size)
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def condition(space: Space, n: int = 4, seed: int = 0) -> Condition:
    """Labels and guides for a space that has them."""
    random = torch.Generator().manual_seed(seed)
    labels = [torch.randint(count, (n,), generator=random) for count in space.classes]
    guide = torch.rand(n, space.guide, space.size, space.size, generator=random) if space.guide else None
    return Condition(torch.stack(labels, 1) if labels else None, guide)


def slope(f: Callable[[Tensor], Tensor], x: Tensor, direction: Tensor, step: float = 1e-6) -> float:
    """The derivative of a scalar function at x along a direction, by central differences: double precision, please."""
    with torch.no_grad():
        return float((f(x + step * direction) - f(x - step * direction)) / (2 * step))
