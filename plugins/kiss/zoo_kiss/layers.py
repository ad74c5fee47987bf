"""Convolutions that pad as Keras's "same" does, which the paper's networks are made of."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class SameConv(nn.Module):
    """(N, cin, H, W) -> (N, cout, H / stride, W / stride), H and W divisible by the stride, kernel >= stride.

    Of the kernel - stride rows of padding, the odd one lies at the bottom, and the odd column at the right.
    """

    def __init__(self, cin: int, cout: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride)
        before, after = _sides(kernel, stride)
        self.padding = (before, after, before, after)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, self.padding))  # type: ignore[no-any-return]


class SameTransposed(nn.Module):
    """(N, cin, H, W) -> (N, cout, stride * H, stride * W): the transpose of a SameConv, with a bias of its own."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.ConvTranspose2d(cin, cout, kernel, stride, _sides(kernel, stride)[0])

    def forward(self, x: Tensor) -> Tensor:
        # One row and column too many where the padding is uneven.
        return self.conv(x)[..., : self.stride * x.shape[2], : self.stride * x.shape[3]]  # type: ignore[no-any-return]


def _sides(kernel: int, stride: int) -> tuple[int, int]:
    """Padding before and after."""
    total = kernel - stride
    return total // 2, total - total // 2


def glorot(net: nn.Module) -> None:
    """Keras's start: weights uniform within sqrt(6 / (fan-in + fan-out)), biases 0 (Glorot and Bengio 2010)."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
