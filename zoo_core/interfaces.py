"""The interfaces that every model is written in.

Images are (N, C, H, W) float in [-1, 1]; latents (N, Z); labels (N, L) int64, one column per attribute, -1 for none;
guides (N, K, H, W) in [0, 1].
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from zoo_core.prior import Prior
from zoo_core.space import Space


@dataclass(frozen=True)
class Condition:
    """What a sample is conditioned on; either may be absent."""

    labels: Tensor | None = None  # (N, L) int64
    guide: Tensor | None = None  # (N, K, H, W) in [0, 1]


class Generator(nn.Module, ABC):
    """Turns latents into images."""

    latent: int

    @abstractmethod
    def forward(self, z: Tensor, condition: Condition) -> Tensor:
        """(N, latent) -> (N, C, H, W) in [-1, 1]."""


class Critic(nn.Module, ABC):
    """Turns images, or vectors for critics of codes, into numbers. An encoder is a critic with many outputs.

    A critic may also offer `input_gradient(x, condition, output=None) -> (N, C, H, W)`: the gradient with respect to x of
    the output with that number, or of the sum of all, computed with forward operations only. Gradient penalties use it
    instead of a double backward.
    """

    @abstractmethod
    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """(N, C, H, W) or (N, vector) -> (N, out)."""


class Upsampler(ABC):
    """Makes the two modules in which upsampling differs; the generator owns how many there are and what lies between."""

    @abstractmethod
    def stage(self, cin: int, cout: int, latent: int) -> nn.Module:
        """A module called as stage(x, w): (N, cin, H, W), (N, latent) -> (N, cout, 2H, 2W)."""

    @abstractmethod
    def head(self, cin: int, channels: int, latent: int) -> nn.Module:
        """A module called as head(x, w): (N, cin, H, W), (N, latent) -> (N, channels, H, W) in [-1, 1]."""


class Parts(Protocol):
    """What an objective may ask for."""

    @property
    def space(self) -> Space: ...

    def generator(self, latent: int) -> Generator: ...

    def critic(self, out: int, vector: int = 0) -> Critic:
        """An image critic with `out` numbers per image; with `vector` > 0 a critic of vectors of that length."""


@dataclass(frozen=True)
class Batch:
    """Real images with what they are conditioned on."""

    images: Tensor
    condition: Condition


class Draw(Protocol):
    """The source of all randomness in a loss: a function of (seed, iteration, phase, repeat), so a resume replays nothing.

    Draw per image: n, and the first number of a shape, are those of the batch's images, or a multiple of it. Then several
    devices draw, each for its share of the batch, what one would.
    """

    @property
    def iteration(self) -> int: ...

    def latent(self, n: int) -> Tensor:
        """(n, prior.size), from the objective's prior."""

    def uniform(self, *shape: int) -> Tensor:
        """Uniform on [0, 1)."""

    def normal(self, *shape: int) -> Tensor:
        """Standard normal."""


Nets = Mapping[str, nn.Module]
Loss = Callable[[Nets, Batch, Draw], Mapping[str, Tensor]]


def nothing(nets: Nets) -> None:
    """The default of Phase.after."""


def total_loss(terms: Mapping[str, Tensor]) -> Tensor:
    """The sum of the terms that are minimised: those whose name does not start with "~"."""
    return torch.stack([value.float() for name, value in terms.items() if not name.startswith("~")]).sum()


@dataclass(frozen=True)
class Phase:
    """One kind of step of an iteration.

    name    unique within the objective; names the optimizer's state and the curves.
    trains  names of the networks whose weights move; all others are frozen.
    loss    named terms; their sum is minimised. Names starting with "~" are only recorded. An empty mapping: no step this time,
            for phases that have their turn in some iterations only.
    times   how often the phase runs per iteration, each time on a new batch.
    after   called after the optimizer's step (weight clipping).
    rate    which learning rate applies: "lr" or "critic_lr" of the trainer's options.
    bf16    whether the loss tolerates bfloat16 autocast.
    gate    name of a recorded term that is 1 or 0, known to the device alone: where it is 0, the step leaves the weights and
            the optimizer's state as they were. "" stands for a phase whose steps all count.
    """

    name: str
    trains: tuple[str, ...]
    loss: Loss
    times: int = 1
    after: Callable[[Nets], None] = nothing
    rate: str = "lr"
    bf16: bool = True
    gate: str = ""


class Objective(ABC):
    """What is minimised, and in which order.

    prior    where the generator's latents come from; read after nets(), which may set it if it depends on the space.
    encoder  of autoencoders: the name of a network that parts.critic(out) made, whose first prior.size outputs are an image's
             code, which the generator decodes. It is saved beside the generator, and reconstructions are drawn and scored.
    """

    prior: Prior
    encoder: str = ""

    @abstractmethod
    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        """Named networks, "generator" among them."""

    @abstractmethod
    def phases(self) -> Sequence[Phase]:
        """The phases of one iteration, in order."""
