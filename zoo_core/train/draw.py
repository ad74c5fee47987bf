"""The trainer's source of randomness."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo_core.latent import draw_latent
from zoo_core.prior import Prior
from zoo_core.seeds import mix


class CounterDraw:
    """Implements interfaces.Draw. `at` moves to a place in the run; what follows depends on the seed and that place alone."""

    def __init__(self, seed: int, prior: Prior, device: torch.device) -> None:
        self.seed = seed
        self.prior = prior
        self.random = torch.Generator(device)
        self._iteration = 0

    def at(self, iteration: int, phase: int, repeat: int) -> CounterDraw:
        self._iteration = iteration
        self.random.manual_seed(mix(self.seed, "draw", iteration, phase, repeat))
        return self

    @property
    def iteration(self) -> int:
        return self._iteration

    def latent(self, n: int) -> Tensor:
        return draw_latent(self.prior, n, self.random)

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self.random, device=self.random.device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.random, device=self.random.device)
