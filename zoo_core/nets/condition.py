"""How the reference networks take a condition. Whatever is absent counts as zero, so one network serves both cases."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo_core.interfaces import Condition
from zoo_core.space import Space


class LabelEmbedding(nn.Module):
    """Labels (N, L) int64 -> (N, size): one embedding per attribute, summed. The label -1 embeds to zero.

    size   length of the embedding; 0 if the space has no labels, and then the result is (N, 0).
    scale  standard deviation of the embeddings' numbers at the start.
    """

    def __init__(self, space: Space, size: int, scale: float = 1.0) -> None:
        super().__init__()
        self.size = size if space.classes else 0
        # Row 0 is label -1; it starts at zero and stays there, because a padding row gets no gradient.
        tables = [nn.Embedding(1 + classes, size, padding_idx=0) for classes in space.classes]
        for table in tables:
            table.weight.data.mul_(scale)
        self.tables = nn.ModuleList(tables)

    def forward(self, condition: Condition, like: Tensor) -> Tensor:
        """(N, size), on the device and in the type of `like` (N, ...). Raises IndexError for a label out of range."""
        if condition.labels is None or not self.size:
            return like.new_zeros(len(like), self.size)
        columns = (condition.labels + 1).unbind(1)
        return torch.stack([table(column) for table, column in zip(self.tables, columns, strict=True)]).sum(0)

    def append(self, x: Tensor, condition: Condition) -> Tensor:
        """(N, n) -> (N, n + size): x, and the embedding behind it."""
        return torch.cat([x, self(condition, x)], 1)

    def project(self, scores: Tensor, features: Tensor, condition: Condition) -> Tensor:
        """Scores (N, out), with the inner product of the embedding and the mean feature vector added to each.

        Projection (Miyato and Koyama 2018, arXiv 1802.05637) of features (N, size) or (N, size, H, W).
        """
        if not self.size:
            return scores
        pooled = features.flatten(2).mean(2) if features.dim() == 4 else features
        projected: Tensor = scores + (self(condition, features) * pooled).sum(1, keepdim=True)
        return projected


def label_projection(space: Space, features: int) -> LabelEmbedding:
    """An embedding to `project` with, for vectors of so many features: inner products start near 1."""
    return LabelEmbedding(space, features, scale=features**-0.5)


def with_guide(x: Tensor, condition: Condition, channels: int) -> Tensor:
    """(N, C, H, W) -> (N, C + channels, H, W): the guide, averaged over areas down to H x W, is appended."""
    if channels == 0:
        return x
    if condition.guide is None:
        return F.pad(x, (0, 0, 0, 0, 0, channels))
    return torch.cat([x, F.adaptive_avg_pool2d(condition.guide, (x.shape[2], x.shape[3])).to(x.dtype)], 1)


def whole_guide(z: Tensor, condition: Condition, channels: int, size: int) -> Tensor:
    """The guide (N, channels, size, size) in the type of the latents `z`, empty if there is none."""
    return z.new_zeros(len(z), channels, size, size) if condition.guide is None else condition.guide.to(z.dtype)
