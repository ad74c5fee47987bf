"""The encoder of a trained autoencoder, in files of its own beside the generator: from images to the codes that it decodes.

Loading executes nothing: encoder.json names a critic of an installed plugin and its options, encoder.safetensors holds numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from zoo_core.errors import ZooError
from zoo_core.files import write_bytes, write_json
from zoo_core.interfaces import Condition, Critic
from zoo_core.model.bundle import Bundle
from zoo_core.model.pixels import to_unit
from zoo_core.model.weights import MOST_WEIGHTS, at_most, load_weights
from zoo_core.registry.catalog import Catalog
from zoo_core.registry.names import one_line

FORMAT = 1
CONFIG, WEIGHTS = "encoder.json", "encoder.safetensors"
MOST_CONFIG = 2**20  # bytes
MOST_OUTPUTS = 2**17


@dataclass(frozen=True)
class Encoder:
    """A critic whose first `code` outputs are an image's code."""

    config: Mapping[str, Any]
    network: Critic
    code: int

    @torch.inference_mode()
    def encode(self, pixels: Tensor, labels: Tensor | None = None, guide: Tensor | None = None, batch: int = 64) -> Tensor:
        """(n, C, H, W) uint8 -> (n, code), on the CPU. Labels (n, L) and guide (n, K, H, W) as in training, or absent."""
        device = next(self.network.parameters()).device
        codes = [torch.empty(0, self.code)]
        for start in range(0, len(pixels), batch):
            rows = slice(start, start + batch)
            given = (None if part is None else part[rows].to(device) for part in (labels, guide))
            out = self.network(to_unit(pixels[rows].to(device)), Condition(*given))
            codes.append(out[:, : self.code].float().cpu())
        return torch.cat(codes)


def save_encoder(encoder: Encoder, folder: Path) -> None:
    """Write encoder.json and encoder.safetensors, the weights first. Raises RunFailure if the disk refuses."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in encoder.network.state_dict().items()}
    write_bytes(folder / WEIGHTS, save(tensors))
    write_json(folder / CONFIG, encoder.config)


def load_encoder(folder: Path, bundle: Bundle, catalog: Catalog, device: str = "cpu") -> Encoder | None:
    """The encoder of a model folder, or of a run folder that has one; `bundle` is what the folder's generator was loaded as.

    None if there is no encoder.json. Raises ZooError, one line, for anything that does not fit.
    """
    if not (folder / CONFIG).exists() and (folder / "model" / CONFIG).exists():
        folder = folder / "model"
    if not (folder / CONFIG).exists():
        return None
    config = _read(folder / CONFIG)
    part, options, outputs = config["critic"], config["options"], config["outputs"]
    with at_most(MOST_WEIGHTS):
        network: Critic = catalog.make("critic", part, options, bundle.space, outputs, 0)
    if outputs < bundle.prior.size:
        raise ZooError(f"{folder / CONFIG} is of an encoder with shorter codes than the model's; download or train it again")
    load_weights(network, folder / WEIGHTS)
    return Encoder(config, network.to(device).requires_grad_(False).eval(), bundle.prior.size)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MOST_CONFIG:
            raise ValueError("it is too long")
        said = json.loads(path.read_text(encoding="utf-8"))
        config = {"format": said["format"], "critic": said["critic"], "options": dict(said["options"])}
        outputs = said["outputs"]
        if config["format"] != FORMAT:
            raise ValueError("its format needs another zoo-core; pip install -U zoo-core")
        if not isinstance(config["critic"], str) or type(outputs) is not int or not 1 <= outputs <= MOST_OUTPUTS:
            raise TypeError("critic must be an id, and outputs a number")
        return config | {"outputs": outputs}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = one_line(f"{type(error).__name__} {error}", 200)
        raise ZooError(f"{path} is not an encoder's configuration: {reason}") from None
