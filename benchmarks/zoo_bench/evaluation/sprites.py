"""The network behind the extractor `sprites`: small, trained by this project on creatures that this project draws.

`benchmarks/scripts/train_sprites.py` makes its weights. They are no ImageNet: the features know shapes, colours, edges and
common faults (blur, noise, JPEG, wrong colours), and are there so that every machine has one and the same feature space.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from zoo_core.errors import ZooError

WEIGHTS = Path(__file__).parent / "weights" / "sprites.safetensors"
SIZE = 64
RESIZE = f"bilinear to {SIZE}x{SIZE}, antialiased when shrinking"
LAYER = "means of stages 2-5, standardised, 320"
TYPES, BODIES = 18, 10  # attributes of the creatures
FAULTS = 8  # what the training script does to images, "nothing" among it


def block(cin: int, cout: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class Sprites(nn.Module):
    """Five convolutional stages from 64x64 to 4x4; features are the spatial means of the last four.

    Means of early stages react to texture (noise, blur, blocks), those of late ones to what is drawn. Each feature is
    standardised with the mean and spread it had over the training mixture, so that no stage outweighs another.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                block(3, 16, 1),  # 64
                block(16, 32, 2),  # 32
                nn.Sequential(block(32, 64, 2), block(64, 64, 1)),  # 16
                nn.Sequential(block(64, 96, 2), block(96, 96, 1)),  # 8
                block(96, 128, 2),  # 4
            ]
        )
        self.register_buffer("mean", torch.zeros(320))
        self.register_buffer("spread", torch.ones(320))
        self.to_type = nn.Linear(320, TYPES)
        self.to_body = nn.Linear(320, BODIES)
        self.to_fault = nn.Linear(320, FAULTS)
        self.to_strength = nn.Linear(320, FAULTS)

    def pooled(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 255] -> (N, 320), not standardised."""
        x = F.interpolate(x, (SIZE, SIZE), mode="bilinear", antialias=True) if x.shape[2:] != (SIZE, SIZE) else x
        x = x / 127.5 - 1
        pools = []
        for stage in self.stages:
            x = stage(x)
            pools.append(x.mean((2, 3)))
        return torch.cat(pools[1:], 1)

    def features(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 255] -> (N, 320)."""
        mean, spread = self.get_buffer("mean"), self.get_buffer("spread")
        return (self.pooled(x) - mean) / spread

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) in [0, 255] -> features (N, 320), logits of the creatures' types (N, 18)."""
        features = self.features(x)
        return features, self.to_type(features)


def load_sprites(path: Path = WEIGHTS) -> tuple[Sprites, str]:
    """The network with its weights, and their SHA-256. Raises ZooError if the file is missing or is not such a file."""
    try:
        content = path.read_bytes()
        network = Sprites()
        network.load_state_dict(load(content), strict=True)
    except FileNotFoundError:
        raise ZooError(f"{path} is missing; type pip install --force-reinstall zoo-bench") from None
    except Exception as error:  # a file that is no safetensors, or of another network
        raise ZooError(f"{path} is not a weights file of the extractor sprites ({str(error).splitlines()[0]})") from None
    return network.eval().requires_grad_(False), hashlib.sha256(content).hexdigest()
