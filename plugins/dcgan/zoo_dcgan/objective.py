"""The GAN objective on logits. Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv 1406.2661."""

from __future__ import annotations

from zoo_core.interfaces import Objective
from zoo_core.objectives.adversarial import Adversarial
from zoo_core.objectives.losses import cross_entropy
from zoo_dcgan.options import DcganOptions


def dcgan(options: DcganOptions) -> Objective:
    """The critic tells real from generated images; the generator maximises the probability that its images are real."""
    return Adversarial(options, cross_entropy(options.label_smoothing, options.saturating))
