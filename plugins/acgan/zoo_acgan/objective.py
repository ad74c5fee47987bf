"""Auxiliary-classifier GAN. Odena, Olah, Shlens 2017, arXiv 1610.09585, section 3, around any adversarial objective.

The critic answers with a score and, for every label attribute, the logits of its values. It never sees the labels; the
generator does, and is paid for images in which the critic recognises them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from zoo_acgan.classifier import accuracy, entropy, label_loss, targets
from zoo_acgan.options import AcganOptions, Attribute, attributes
from zoo_core.errors import ZooError
from zoo_core.interfaces import Batch, Condition, Draw, Nets, Objective, Parts, Phase
from zoo_core.objectives.adversarial import Adversarial


def acgan(adversarial: Objective, options: AcganOptions) -> Objective:
    """Raises ZooError for an objective that is not made from zoo_core.objectives.adversarial.Adversarial."""
    if not isinstance(adversarial, Adversarial):
        raise ZooError(
            f"acgan cannot wrap {type(adversarial).__name__}, which has no score of its own; type --adversarial adversarial"
        )
    return AuxiliaryClassifier(adversarial, options)


class AuxiliaryClassifier(Objective):
    """The wrapped objective's loss, penalty and phases on the critic's first output, and a label loss on the others."""

    def __init__(self, adversarial: Adversarial, options: AcganOptions) -> None:
        self.adversarial = adversarial
        self.options = options
        self.prior = adversarial.prior
        self.attributes: tuple[Attribute, ...] = ()

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        self.attributes = attributes(parts.space, self.options.merge)
        critic = parts.critic(1 + sum(attribute.classes for attribute in self.attributes))
        return {"generator": parts.generator(self.prior.size), "critic": critic}

    def phases(self) -> Sequence[Phase]:
        losses = {"critic": self.critic, "generator": self.generator}
        return [replace(phase, loss=losses[phase.name]) for phase in self.adversarial.phases()]

    def critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        critic, unlabelled = nets["critic"], Condition(guide=batch.condition.guide)
        with torch.no_grad():
            generated = nets["generator"](draw.latent(len(batch.images)), batch.condition)
        real, fake = critic(batch.images, unlabelled).float(), critic(generated, unlabelled).float()
        terms = dict(self.adversarial.loss.critic(real[:, :1], fake[:, :1]))
        if self.adversarial.penalty is not None:
            terms["penalty"] = self.adversarial.penalty(Score(critic), batch.images, generated, unlabelled, draw)
        labels = _labels(batch)
        terms["real_labels"] = self.options.real_weight * self.label_loss(real[:, 1:], labels)
        terms["fake_labels"] = self.options.fake_weight * self.label_loss(fake[:, 1:], labels)
        terms.setdefault("~real_accuracy", (real[:, 0] > 0).float().mean())
        terms.setdefault("~fake_accuracy", (fake[:, 0] < 0).float().mean())
        return terms | self.classified("real", real[:, 1:], labels) | self.classified("fake", fake[:, 1:], labels)

    def generator(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        critic, unlabelled = nets["critic"], Condition(guide=batch.condition.guide)
        generated = nets["generator"](draw.latent(len(batch.images)), batch.condition)
        fake = critic(generated, unlabelled).float()
        terms = self.adversarial.loss.generator(fake[:, :1], lambda: critic(batch.images, unlabelled).float()[:, :1])
        return {**terms, "labels": self.options.generator_weight * self.label_loss(fake[:, 1:], _labels(batch))}

    def label_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean over the attributes: (N, sum of classes) logits and (N, L) labels -> scalar."""
        wanted = [targets(labels, attribute) for attribute in self.attributes]
        losses = [label_loss(*pair, self.options.aux_loss) for pair in zip(self.split(logits), wanted, strict=True)]
        return torch.stack(losses).mean()

    def classified(self, side: str, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """What is recorded of the classifier's answers: per attribute, the share of right ones and their entropy in nats."""
        terms = {}
        for attribute, answers in zip(self.attributes, self.split(logits.detach()), strict=True):
            terms[f"~{side}_{attribute.name}_accuracy"] = accuracy(answers, targets(labels, attribute))
            terms[f"~{side}_{attribute.name}_entropy"] = entropy(answers)
        return terms

    def split(self, logits: Tensor) -> tuple[Tensor, ...]:
        return torch.split(logits, [attribute.classes for attribute in self.attributes], 1)


class Score(nn.Module):
    """A critic's first output alone, (N, 1): what penalties are about."""

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


def _labels(batch: Batch) -> Tensor:
    assert batch.condition.labels is not None  # the entry needs labels
    return batch.condition.labels
