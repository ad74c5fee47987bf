"""Wasserstein GAN. Arjovsky, Chintala, Bottou 2017, arXiv 1701.07875, algorithm 1."""

from __future__ import annotations

from zoo_core.interfaces import Objective
from zoo_core.objectives.adversarial import Adversarial
from zoo_core.objectives.losses import WASSERSTEIN
from zoo_core.objectives.penalties import clip_weights
from zoo_wgan_clip.options import WassersteinClipOptions


def wgan_clip(options: WassersteinClipOptions) -> Objective:
    """The critic estimates the Wasserstein distance (up to a factor); clipping its weights keeps it Lipschitz."""
    return Adversarial(options, WASSERSTEIN, after=lambda nets: clip_weights([nets["critic"]], options.clip))
