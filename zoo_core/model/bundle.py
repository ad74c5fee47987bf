"""A trained generator as a folder: config.json says how to build it, model.safetensors holds its averaged weights.

Loading executes nothing from the folder: the config names ids of installed plugins and option values, never code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from zoo_core.files import write_bytes, write_json
from zoo_core.interfaces import Condition, Generator
from zoo_core.model.build import build_generator
from zoo_core.model.config import CONFIG, FORMAT, NEEDED, WEIGHTS, check_requirements, read_config
from zoo_core.model.edges import edge_map
from zoo_core.model.labels import labels_tensor, random_labels
from zoo_core.model.latent import sample_latents
from zoo_core.model.latent_walk import truncated
from zoo_core.model.pixels import to_pixels, to_unit
from zoo_core.model.weights import BATCH, MOST_WEIGHTS, at_most, batch_that_fits, load_weights
from zoo_core.prior import Prior
from zoo_core.registry.catalog import Catalog
from zoo_core.space import EDGE_THRESHOLD, Space

__all__ = ["CONFIG", "FORMAT", "NEEDED", "WEIGHTS", "Bundle", "load_bundle", "random_labels", "save_bundle"]


@dataclass(frozen=True)
class Bundle:
    """A generator with what is needed to sample it."""

    config: Mapping[str, Any]
    generator: Generator
    space: Space
    prior: Prior
    source: str = ""  # user/repo@commit if it comes from the Hub
    batch: int = BATCH  # images that are drawn at once

    def sample(
        self,
        n: int,
        seed: int = 0,
        labels: Tensor | Mapping[str, str] | None = None,
        guide: Tensor | None = None,
        first: int = 0,
        batch: int | None = None,
        truncation: float | None = None,
    ) -> Tensor:
        """(n, C, H, W) uint8. Sample i depends on (seed, first + i) alone, so that any n shows the same first pictures.

        labels      (n, L) int64, -1 for none; or {"type": "fire"}: `zoo_core.model.labels.labels_tensor` says what can be
                    asked for. What is not said is drawn uniformly per attribute.
        guide       (n, K, H, W) in [0, 1], for models that take one; absent: an empty one.
        truncation  the threshold of `zoo_core.model.latent_walk.truncated`; absent: the prior as it is.

        Raises ZooError for labels and truncations that the model does not have.
        """
        if not isinstance(labels, Tensor) and (labels or self.space.labels):
            labels = labels_tensor(self.space, labels or {}, n, seed, first)
        z = self.latents(n, seed, first, truncation)
        return self.draw(z, labels if isinstance(labels, Tensor) else None, guide, batch)

    def latents(self, n: int, seed: int = 0, first: int = 0, truncation: float | None = None) -> Tensor:
        """(n, Z) on the CPU: what `sample` draws from. Row i depends on (seed, first + i) alone."""
        z = sample_latents(self.prior, seed, first, n)
        return z if truncation is None else truncated(z, self.prior, truncation)

    @torch.inference_mode()
    def draw(self, z: Tensor, labels: Tensor | None = None, guide: Tensor | None = None, batch: int | None = None) -> Tensor:
        """Latents (n, Z), labels (n, L), guide (n, K, H, W) -> (n, C, H, W) uint8 on the CPU."""
        device = next(self.generator.parameters()).device
        parts = [torch.empty(0, self.space.channels, self.space.size, self.space.size, dtype=torch.uint8)]
        batch = batch or self.batch
        for start in range(0, len(z), batch):
            these = slice(start, start + batch)
            chosen = None if labels is None else labels[these].to(device)
            lines = None if guide is None else guide[these].to(device)
            parts.append(to_pixels(self.generator(z[these].to(device), Condition(chosen, lines))).cpu())
        return torch.cat(parts)

    def save(self, folder: Path | str) -> None:
        """Write the model to a folder, as `save_bundle` does."""
        save_bundle(self, Path(folder))

    @property
    def background(self) -> tuple[int, int, int]:
        """The colour that transparent pixels were composited on for training."""
        red, green, blue = self.config.get("background", (255, 255, 255))
        return red, green, blue

    @property
    def edges(self) -> tuple[float, bool]:
        """Threshold and thinning of the edge maps that the model was trained with."""
        return _edges(self.config)

    def guide(self, pixels: Tensor) -> Tensor:
        """(N, C, H, W) uint8 -> (N, 1, H, W): edge maps as the model was trained with."""
        threshold, thin = self.edges
        return edge_map(to_unit(pixels), threshold, thin)


def _edges(config: Mapping[str, Any]) -> tuple[float, bool]:
    stated = config.get("guide") or {}
    return float(stated.get("threshold", EDGE_THRESHOLD)), bool(stated.get("thin", False))


def save_bundle(bundle: Bundle, folder: Path) -> None:
    """Write config.json and model.safetensors, the weights last. Raises RunFailure if the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().cpu().contiguous() for name, value in bundle.generator.state_dict().items()}
    write_json(folder / CONFIG, bundle.config)
    write_bytes(folder / WEIGHTS, save(tensors))


def load_bundle(folder: Path, catalog: Catalog, device: str = "cpu", *, allow_large: bool = False, source: str = "") -> Bundle:
    """Load a model folder, or a run folder that has one. Raises ZooError, one line, for anything that does not fit.

    allow_large  lifts the bounds on image size and weights (`config.MOST_SIZE`, `weights.MOST_WEIGHTS`).
    source       what the bundle says of where it comes from.
    """
    if not (folder / CONFIG).exists() and (folder / "model" / CONFIG).exists():
        folder = folder / "model"
    config = read_config(folder, allow_large)
    check_requirements(config, catalog)
    with at_most(None if allow_large else MOST_WEIGHTS):
        generator = build_generator(config.parts, config.options, config.space, config.prior.size, catalog)
    load_weights(generator, folder / WEIGHTS)
    generator = generator.to(device).requires_grad_(False).eval()
    batch = batch_that_fits(generator, config.space, config.prior)
    return Bundle(config.said, generator, config.space, config.prior, source, batch)
