"""What a critic sees in place of images: a random change of them, such as instance noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Condition, Draw

Change = Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor | None]]  # images, guide -> the same, changed
Watch = Callable[[Tensor, Tensor], None]  # images before the change, and the critic's answers


class CriticView(nn.Module):
    """A critic behind a random change of its images, drawn anew each time it is called; vectors pass untouched.

    Where the critic offers its own `input_gradient`, the view does too: the critic's gradient at the changed image, taken back
    through the change.
    """

    def __init__(self, critic: nn.Module, change: Change, watch: Watch | None = None) -> None:
        super().__init__()
        self.critic = critic
        self.change = change
        self.watch = watch

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        out: Tensor = self.critic(*self.seen(x, condition))
        if self.watch is not None:
            self.watch(x, out)
        return out

    def seen(self, x: Tensor, condition: Condition) -> tuple[Tensor, Condition]:
        if x.dim() != 4:
            return x, condition
        x, guide = self.change(x, condition.guide)
        return x, Condition(condition.labels, guide)

    @property
    def input_gradient(self) -> Callable[..., Tensor] | None:
        direct = getattr(self.critic, "input_gradient", None)
        return None if direct is None else partial(self._input_gradient, direct)

    def _input_gradient(self, direct: Callable[..., Tensor], x: Tensor, condition: Condition, **which: int) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            seen, condition = self.seen(x, condition)
        inner = direct(seen.detach(), condition, **which)
        with torch.enable_grad():
            gradient: Tensor = torch.autograd.grad(seen, x, inner.to(seen.dtype), create_graph=True)[0]
        return gradient


def noise(sd: float, draw: Draw) -> Change:
    """Instance noise (Sønderby et al. 2016, arXiv 1610.04490, section 3): every image gets fresh Gaussian noise."""
    return lambda x, guide: (x + sd * draw.normal(*x.shape), guide)


def noisy(nets: Mapping[str, nn.Module], sd: float, draw: Draw) -> dict[str, nn.Module]:
    """The networks, all but the generator behind instance noise."""
    return {name: net if name == "generator" else CriticView(net, noise(sd, draw)) for name, net in nets.items()}
