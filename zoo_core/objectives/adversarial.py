"""The adversarial game of one generator and one critic, with its loss and its penalty as parts.

Objectives of plugins are made from it in a line: `Adversarial(options, hinge(), penalty)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from zoo_core.errors import ZooError
from zoo_core.interfaces import Batch, Draw, Loss, Nets, Objective, Parts, Phase, nothing
from zoo_core.objectives.losses import (
    WASSERSTEIN,
    AdversarialLoss,
    cross_entropy,
    hinge,
    least_squares,
    relativistic,
    relativistic_average,
)
from zoo_core.objectives.options import AdversarialOptions, GanOptions
from zoo_core.objectives.penalties import Penalty, clip_weights, named_penalty
from zoo_core.prior import Prior


class Adversarial(Objective):
    """Critic steps, then generator steps. `penalty` is added to the critic's loss, `after` follows each of its steps.

    Objectives that wrap another one read its `loss`, `penalty` and `phases`.
    """

    def __init__(
        self,
        options: AdversarialOptions,
        loss: AdversarialLoss,
        penalty: Penalty | None = None,
        after: Callable[[Nets], None] = nothing,
    ) -> None:
        self.options = options
        self.loss = loss
        self.penalty = penalty
        self.after = after
        self.prior = Prior(options.latent, options.prior)

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        return {"generator": parts.generator(self.prior.size), "critic": parts.critic(1)}

    def phases(self, critic: Loss | None = None, generator: Loss | None = None) -> Sequence[Phase]:
        """The losses given take the place of its own, for objectives that wrap it."""
        critic, generator, options = critic or self.critic, generator or self.generator, self.options
        return (
            Phase("critic", ("critic",), critic, times=options.critic_steps, after=self.after, rate="critic_lr"),
            Phase("generator", ("generator",), generator, times=options.generator_steps),
        )

    def critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        critic, condition = nets["critic"], batch.condition
        with torch.no_grad():
            generated = nets["generator"](draw.latent(len(batch.images)), condition)
        # Two passes: with batch norm in the critic, real and generated images must not share statistics.
        real, fake = critic(batch.images, condition).float(), critic(generated, condition).float()
        terms = dict(self.loss.critic(real, fake))
        if self.penalty is not None:
            terms["penalty"] = self.penalty(critic, batch.images, generated, condition, draw)
        return terms

    def generator(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        critic, condition = nets["critic"], batch.condition
        generated = nets["generator"](draw.latent(len(batch.images)), condition)
        return self.loss.generator(critic(generated, condition).float(), lambda: critic(batch.images, condition).float())


def wrapped(objective: Objective, owner: str) -> Adversarial:
    """The objective itself. Raises ZooError if it is not made from Adversarial, so that `owner` cannot wrap it."""
    if not isinstance(objective, Adversarial):
        kind = type(objective).__name__
        raise ZooError(f"{owner} cannot wrap {kind}, which has no score of its own; type --adversarial adversarial")
    return objective


def adversarial(options: GanOptions) -> Objective:
    """Any loss with any penalty, as the options name them."""
    losses: dict[str, Callable[[], AdversarialLoss]] = {
        "cross_entropy": lambda: cross_entropy(options.label_smoothing),
        "saturating": lambda: cross_entropy(options.label_smoothing, saturating=True),
        "least_squares": lambda: least_squares(options.label_smoothing),
        "hinge": hinge,
        "wasserstein": lambda: WASSERSTEIN,
        "relativistic": relativistic,
        "relativistic_average": relativistic_average,
    }
    penalty = named_penalty(options.penalty, options.penalty_weight, options.penalty_target, options.penalty_interval)
    after = (lambda nets: clip_weights([nets["critic"]], options.clip)) if options.clip else nothing
    return Adversarial(options, losses[options.loss](), penalty, after)
