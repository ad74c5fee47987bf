"""Auxiliary-classifier GAN. Odena, Olah, Shlens 2017, arXiv 1610.09585, section 3, around any adversarial objective.

The critic answers with a score and, for every label attribute, the logits of its values. It never sees the labels; the
generator does, and is paid for images in which the critic recognises them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from zoo_acgan.options import AcganOptions, Attribute, attributes
from zoo_core.interfaces import Batch, Condition, Draw, Nets, Objective, Parts, Phase
from zoo_core.objectives.adversarial import wrapped
from zoo_core.objectives.label_loss import accuracy, entropy, label_loss, targets
from zoo_core.objectives.penalties import FirstOutput


class AuxiliaryClassifier(Objective):
    """The wrapped objective's loss, penalty and phases on the critic's first output, and a label loss on the others.

    Raises ZooError for an objective that is not made from zoo_core.objectives.adversarial.Adversarial.
    """

    def __init__(self, adversarial: Objective, options: AcganOptions) -> None:
        self.adversarial = wrapped(adversarial, "acgan")
        self.options = options
        self.prior = self.adversarial.prior
        self.attributes: tuple[Attribute, ...] = ()

    def nets(self, parts: Parts) -> Mapping[str, nn.Module]:
        self.attributes = attributes(parts.space, self.options.merge)
        critic = parts.critic(1 + sum(attribute.classes for attribute in self.attributes))
        return {"generator": parts.generator(self.prior.size), "critic": critic}

    def phases(self) -> Sequence[Phase]:
        return self.adversarial.phases(self.critic, self.generator)

    def critic(self, nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
        critic, labels, unlabelled = nets["critic"], batch.condition.labels, Condition(guide=batch.condition.guide)
        with torch.no_grad():
            generated = nets["generator"](draw.latent(len(batch.images)), batch.condition)
        real, fake = critic(batch.images, unlabelled).float(), critic(generated, unlabelled).float()
        terms = dict(self.adversarial.loss.critic(real[:, :1], fake[:, :1]))
        if self.adversarial.penalty is not None:
            terms["penalty"] = self.adversarial.penalty(FirstOutput(critic), batch.images, generated, unlabelled, draw)
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
        return {**terms, "labels": self.options.generator_weight * self.label_loss(fake[:, 1:], batch.condition.labels)}

    def label_loss(self, logits: Tensor, labels: Tensor | None) -> Tensor:
        """Mean over the attributes: (N, sum of classes) logits and (N, L) labels -> scalar."""
        return torch.stack([label_loss(x, y, self.options.aux_loss) for _, x, y in self.answers(logits, labels)]).mean()

    def classified(self, side: str, logits: Tensor, labels: Tensor | None) -> dict[str, Tensor]:
        """What is recorded of the classifier's answers: per attribute, the share of right ones and their entropy in nats."""
        terms = {}
        for name, given, wanted in self.answers(logits.detach(), labels):
            terms[f"~{side}_{name}_accuracy"] = accuracy(given, wanted)
            terms[f"~{side}_{name}_entropy"] = entropy(given)
        return terms

    def answers(self, logits: Tensor, labels: Tensor | None) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Per attribute its name, its logits (N, classes) and its targets (N, classes)."""
        parts = torch.split(logits, [attribute.classes for attribute in self.attributes], 1)
        for attribute, part in zip(self.attributes, parts, strict=True):
            yield attribute.name, part, targets(labels, attribute.columns, attribute.classes)
