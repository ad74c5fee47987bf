"""The trainer's source of randomness."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from zoo_core.model.latent import draw_latent
from zoo_core.prior import Prior
from zoo_core.seeds import mix
from zoo_train.world import ALONE, World


class CounterDraw:
    """Implements interfaces.Draw. `at` moves to a place in the run; what follows depends on the seed and that place alone."""

    def __init__(self, seed: int, prior: Prior, device: torch.device, world: World = ALONE, batch: int = 1) -> None:
        """world and batch  whose rows of what is drawn for a batch of so many images are wanted."""
        self.seed = seed
        self.prior = prior
        self.world = world
        self.batch = batch
        self.random = torch.Generator(device)
        self.asked = False  # whether the iteration's number has been asked for
        self._iteration = 0

    def at(self, iteration: int, phase: int, repeat: int) -> CounterDraw:
        self._iteration = iteration
        self.random.manual_seed(mix(self.seed, "draw", iteration, phase, repeat))
        return self

    @property
    def iteration(self) -> int:
        self.asked = True
        return self._iteration

    def latent(self, n: int) -> Tensor:
        return self._rows((n,), lambda shape: draw_latent(self.prior, shape[0], self.random))

    def uniform(self, *shape: int) -> Tensor:
        return self._rows(shape, lambda shape: torch.rand(shape, generator=self.random, device=self.random.device))

    def normal(self, *shape: int) -> Tensor:
        return self._rows(shape, lambda shape: torch.randn(shape, generator=self.random, device=self.random.device))

    def _rows(self, shape: tuple[int, ...], draw: Callable[[Sequence[int]], Tensor]) -> Tensor:
        return self.world.rows(self.batch, shape, draw)
