"""The two layers that look beyond an image, for a batch that is spread over processes: batch norm and dropout.

Batch norm: Ioffe and Szegedy 2015, arXiv 1502.03167, algorithm 1. torch.nn.SyncBatchNorm runs on GPUs alone and has no second
derivative, which gradient penalties need; this one runs anywhere and has all of them.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from zoo_train.whole_batch import mean_of_all
from zoo_train.world import World


class SharedBatchNorm(nn.Module):
    """Takes the place of a batch norm: the same parameters and buffers under the same names."""

    running_mean: Tensor  # this and the next two only where the layer tracks them
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, layer: _BatchNorm) -> None:
        super().__init__()
        self.eps, self.momentum = layer.eps, layer.momentum
        self.weight, self.bias = layer.weight, layer.bias
        for name, buffer in layer.named_buffers(recurse=False):
            self.register_buffer(name, buffer)
        self.tracks = layer.track_running_stats
        self.train(layer.training)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, ...) -> the same shape, N images here and as many in every other process."""
        if not self.training:
            mean, variance = (self.running_mean, self.running_var) if self.tracks else (None, None)
            return F.batch_norm(x, mean, variance, self.weight, self.bias, not self.tracks, 0.0, self.eps)
        axes = [0, *range(2, x.dim())]
        wide = x.float()  # under autocast x is bfloat16, and sums of it would be rough
        mean = mean_of_all(wide.mean(axes))
        centred = wide - _per_channel(mean, x)
        variance = mean_of_all(centred.square().mean(axes))
        if self.tracks:
            self._track(mean, variance, x.numel() // x.shape[1] * dist.get_world_size())
        scale = (variance + self.eps).rsqrt()
        scale = scale if self.weight is None else scale * self.weight
        out = centred * _per_channel(scale, x)
        return (out if self.bias is None else out + _per_channel(self.bias, x)).to(x.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, n: int) -> None:
        """As torch's layer does: the running variance is the unbiased one; without a momentum, plain means over all calls."""
        self.num_batches_tracked += 1
        weight = 1 / self.num_batches_tracked.float() if self.momentum is None else mean.new_tensor(self.momentum)
        self.running_mean.lerp_(mean, weight)
        self.running_var.lerp_(variance * (n / max(1, n - 1)), weight)


class SharedDropout(nn.Module):
    """Takes the place of a dropout: the mask of the whole batch is drawn, from the same numbers as in one process on a CPU, and
    the rows of this process's images are used."""

    def __init__(self, layer: nn.Dropout, world: World) -> None:
        super().__init__()
        self.p = layer.p
        self.world = world
        self.train(layer.training)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p in (0.0, 1.0):
            return F.dropout(x, self.p, self.training)
        size = (len(x) * self.world.size, *x.shape[1:])
        nhwc = x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)
        kept = torch.empty(
            size, dtype=x.dtype, device=x.device, memory_format=torch.channels_last if nhwc else torch.contiguous_format
        )
        return x * kept.bernoulli_(1 - self.p).div_(1 - self.p)[self.world.share(len(kept))]


def share_layers(net: nn.Module, world: World) -> None:
    """Replace every batch norm and dropout inside `net`; weights stay the tensors that they are, so optimizers keep them."""
    made: dict[nn.Module, nn.Module] = {}
    for parent in list(net.modules()):
        for name, layer in list(parent.named_children()):
            if layer not in made:
                made[layer] = _shared(layer, world)
            if made[layer] is not layer:
                setattr(parent, name, made[layer])


def _shared(layer: nn.Module, world: World) -> nn.Module:
    if isinstance(layer, _BatchNorm) and not isinstance(layer, nn.SyncBatchNorm):
        return SharedBatchNorm(layer)
    return SharedDropout(layer, world) if isinstance(layer, nn.Dropout) else layer


def _per_channel(values: Tensor, like: Tensor) -> Tensor:
    return values.view(1, -1, *[1] * (like.dim() - 2))
