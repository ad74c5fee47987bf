"""A GAN with the training strategies of Kiss, Sandor and Pogany 2019, section "Our implementation": who trains, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo_core.interfaces import Batch, Draw, Nets, Objective, Parts, Phase
from zoo_core.objectives.adversarial import Adversarial, adversarial
from zoo_core.objectives.view import noisy
from zoo_core.whole_batch import whole_mean
from zoo_kiss.strategy_options import StrategyOptions

TRAINED = "~trained"  # 1 where a step counts, 0 where it does not


class GanStrategies(Objective):
    """Phases pretrain (if asked for), critic and generator; the options say which of them take effect.

    Pretraining: for `pretrain` iterations, the generator is the decoder of an autoencoder, whose encoder is an image critic
    with as many outputs as the latent has numbers, and the mean squared error of the pixels is minimised. The critic and the
    generator's own phase wait. The encoder is not used afterwards.

    Weaker: the critic's accuracy is the mean of its accuracies on real and on generated images, the generator's the share of
    generated images that the critic calls real. Both are measured on the critic's batch of the iteration, and whoever has
    the worse one trains; the generator does where they are equal. The other network's step is computed but does not count.

    Not frozen: the generator's step also moves the critic, towards calling generated images real, with moments of its own
    kept by that phase's optimizer. That is what a stacked model does whose discriminator was not set untrainable.
    """

    def __init__(self, options: StrategyOptions) -> None:
        game = adversarial(options)
        assert isinstance(game, Adversarial)
        self.options = options
        self.game = game
        self.prior = game.prior
        self.critic_trains: Tensor | None = None  # decided by the critic's phase for the generator's of the same iteration

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        nets = dict(self.game.nets(parts))
        if self.options.pretrain:
            nets["encoder"] = parts.critic(self.prior.size)
        return nets

    def phases(self) -> Sequence[Phase]:
        gate = TRAINED if self.options.trains == "weaker" else ""
        critic, generator = self.game.phases()
        critic = replace(critic, loss=self.critic, gate=gate)
        generator = replace(generator, loss=self.generator, gate=gate)
        if not self.options.freeze_critic:
            generator = replace(generator, trains=("generator", "critic"), after=self.game.after)  # a clip holds here, too
        pretrain = Phase("pretrain", ("generator", "encoder"), self.pretrain)
        return (pretrain, critic, generator) if self.options.pretrain else (critic, generator)

    def pretrain(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        if not self.pretrains(draw):
            return {}
        decoded = nets["generator"](nets["encoder"](batch.images, batch.condition), batch.condition)
        return {"reconstruction": F.mse_loss(decoded.float(), batch.images)}

    def critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        if self.pretrains(draw):
            return {}
        terms = dict(self.game.critic(self.behind_noise(nets, draw), batch, draw))
        if self.options.trains == "weaker":
            self.critic_trains = critic_is_weaker(*(whole_mean(terms[f"~{side}_accuracy"]) for side in ("real", "fake")))
            terms[TRAINED] = self.critic_trains.float()
        return terms

    def generator(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        if self.pretrains(draw):
            return {}
        terms = dict(self.game.generator(self.behind_noise(nets, draw), batch, draw))
        if self.options.trains == "weaker":
            blocked = self.critic_trains  # absent where this phase is looked at by itself
            terms[TRAINED] = batch.images.new_ones(()) if blocked is None else 1 - blocked.float()
        return terms

    def pretrains(self, draw: Draw) -> bool:
        return draw.iteration < self.options.pretrain

    def behind_noise(self, nets: Nets, draw: Draw) -> Nets:
        """The networks, with the critic behind this iteration's noise."""
        sd = noise_at(self.options, draw.iteration)
        return noisy(nets, sd, draw) if sd else nets


def critic_is_weaker(real_accuracy: Tensor, fake_accuracy: Tensor) -> Tensor:
    """Scalars in [0, 1] -> a scalar bool: is the critic's accuracy below the generator's, 1 - fake_accuracy?"""
    return torch.lt((real_accuracy + fake_accuracy) / 2, 1 - fake_accuracy)


def noise_at(options: StrategyOptions, iteration: int) -> float:
    """Standard deviation of the noise in an iteration (from 0): `noise`, or a straight line from it to 0 at `noise_steps`.

    For pretrained generators the line begins with the first iteration of the game.
    """
    played = max(0, iteration - options.pretrain)
    return options.noise * max(0.0, 1 - played / options.noise_steps) if options.noise_steps else options.noise
