"""The label task of a critic that is a classifier as well: what a softmax should say of an image, and how well it does.

An image may have several values of one attribute, and then each of them counts the same; images without any value count
for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from zoo_core.whole_batch import whole_mean

SOME = 1e-6  # less than any share of a labelled image: only 0 / 0 is meant to change


def targets(labels: Tensor | None, columns: Sequence[int], classes: int) -> Tensor:
    """Labels (N, L) int64, -1 for none -> (N, classes): uniform over the values of these columns, zero if there are none."""
    assert labels is not None  # the objective's entry needs labels
    given = labels[:, list(columns)]
    counts = (given[:, :, None] == torch.arange(classes, device=labels.device)).float().sum(1)
    return counts / counts.sum(1, keepdim=True).clamp_min(1)


def label_loss(logits: Tensor, target: Tensor, name: str) -> Tensor:
    """Mean over the labelled images of (N, classes) logits; 0 if there are none.

    cross_entropy  -sum of target * log p, with p the softmax (Odena et al. 2017, arXiv 1610.09585, section 3).
    softmax_nll    -sum of target * p: the log is missing, as in GAN_IconClass. It is bounded, and where p is small its
                   gradient vanishes, so that what is classified wrong is hardly corrected.
    """
    p = logits.log_softmax(1) if name == "cross_entropy" else logits.softmax(1)
    return -(target * p).sum() / whole_mean(target.sum()).clamp_min(SOME)


def accuracy(logits: Tensor, target: Tensor) -> Tensor:
    """Share of the labelled images whose most probable value is one of those given; 0 if none is labelled."""
    right = target.gather(1, logits.argmax(1, keepdim=True)) > 0
    return right.sum() / whole_mean((target.sum(1) > 0).float().sum()).clamp_min(SOME)


def entropy(logits: Tensor) -> Tensor:
    """Mean entropy of the softmax in nats: 0 if it is sure of one value, log(classes) if it knows nothing."""
    log_p = logits.log_softmax(1)
    return -(log_p.exp() * log_p).sum(1).mean()
