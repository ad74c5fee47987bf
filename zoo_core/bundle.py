"""A trained generator as a folder: config.json says how to build it, model.safetensors holds its averaged weights.

Loading executes nothing from the folder: the config names ids of installed plugins and option values, never code.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from zoo_core import __version__
from zoo_core.build import Run, build_generator
from zoo_core.catalog import Catalog
from zoo_core.errors import ZooError
from zoo_core.files import write_bytes, write_json
from zoo_core.interfaces import Condition, Generator
from zoo_core.latent import sample_latents
from zoo_core.prior import Prior
from zoo_core.seeds import mix
from zoo_core.space import Space
from zoo_core.train.data import to_pixels, to_unit
from zoo_core.train.edges import edge_map
from zoo_core.train.options import EDGE_THRESHOLD

FORMAT = 1
CONFIG, WEIGHTS = "config.json", "model.safetensors"
NEEDED = ("generator", "upsampler")  # the parts that sampling needs


@dataclass(frozen=True)
class Bundle:
    """A generator with what is needed to sample it."""

    config: Mapping[str, Any]
    generator: Generator
    space: Space
    prior: Prior

    @torch.inference_mode()
    def sample(
        self, n: int, seed: int = 0, labels: Tensor | None = None, guide: Tensor | None = None, first: int = 0, batch: int = 64
    ) -> Tensor:
        """(n, C, H, W) uint8. Sample i depends on (seed, first + i) alone, so that any n shows the same first pictures.

        labels  (n, L) int64, -1 for none; drawn uniformly per attribute if absent and the model has labels.
        guide   (n, K, H, W) in [0, 1], for models that take one; absent: an empty one.
        """
        if labels is None and self.space.labels:
            labels = random_labels(self.space, n, seed, first)
        device = next(self.generator.parameters()).device
        parts = []
        for start in range(0, n, batch):
            count = min(batch, n - start)
            z = sample_latents(self.prior, seed, first + start, count).to(device)
            chosen = None if labels is None else labels[start : start + count].to(device)
            lines = None if guide is None else guide[start : start + count].to(device)
            parts.append(to_pixels(self.generator(z, Condition(chosen, lines))).cpu())
        return (
            torch.cat(parts)
            if parts
            else torch.empty(0, self.space.channels, self.space.size, self.space.size, dtype=torch.uint8)
        )

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


def random_labels(space: Space, n: int, seed: int, first: int = 0) -> Tensor:
    """(n, L) int64, uniform per attribute; row i depends on (seed, first + i) alone."""
    rows = []
    for i in range(first, first + n):
        random = torch.Generator().manual_seed(mix(seed, "labels", i))
        rows.append([int(torch.randint(count, (), generator=random)) for count in space.classes])
    return torch.tensor(rows, dtype=torch.int64).reshape(n, len(space.classes))


def labels_tensor(space: Space, wanted: Sequence[str], n: int, seed: int) -> Tensor:
    """(n, L) int64 with the columns that "name=value" settings fix, the others drawn. Raises ZooError for unknown ones."""
    if not space.labels:
        raise ZooError(f"--labels {wanted[0]}: this model has no labels; leave the option out")
    chosen = random_labels(space, n, seed)
    names = list(space.labels)
    for setting in wanted:
        name, _, value = setting.partition("=")
        if name not in names:
            raise ZooError(f"--labels {setting}: this model has no label {name}; it has {', '.join(names)}")
        if value not in space.labels[name]:
            raise ZooError(f"--labels {setting}: {name} must be one of {', '.join(space.labels[name])}")
        chosen[:, names.index(name)] = space.labels[name].index(value)
    return chosen


def run_bundle(run: Run) -> Bundle:
    """A copy of the averaged generator of a run, laid out in memory as a loaded one is: it draws the same bytes."""
    recipe = run.recipe
    names = {part: recipe.parts[part] for part in NEEDED}
    distributions = sorted({"zoo-core", *(name.partition("/")[0] for name in names.values())})
    config = {
        "format": FORMAT,
        "model": recipe.model,
        "parts": names,
        "options": {part: dict(recipe.options[part]) for part in NEEDED},
        "space": recipe.space.to_json(),
        "prior": run.prior.to_json(),
        "background": list(recipe.data.background),
        "guide": {"kind": recipe.data.guide, "threshold": recipe.train.edge_threshold, "thin": recipe.train.edge_thin}
        if recipe.space.guide
        else None,
        "requires": {name: _version(name) for name in distributions},
        "trained": {"dataset": recipe.data.id, "iterations": run.iteration, "seed": recipe.seed},
    }
    generator = copy.deepcopy(run.average).to(memory_format=torch.contiguous_format)
    return Bundle(config, generator, recipe.space, run.prior)


def save_bundle(bundle: Bundle, folder: Path) -> None:
    """Write config.json and model.safetensors, the weights last. Raises RunFailure if the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().cpu().contiguous() for name, value in bundle.generator.state_dict().items()}
    write_json(folder / CONFIG, bundle.config)
    write_bytes(folder / WEIGHTS, save(tensors))


def load_bundle(folder: Path, catalog: Catalog, device: str = "cpu") -> Bundle:
    """Load a model folder, or a run folder that has one. Raises ZooError, one line, for anything that does not fit."""
    if not (folder / CONFIG).exists() and (folder / "model" / CONFIG).exists():
        folder = folder / "model"
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if config["format"] != FORMAT:
            raise ZooError(
                f"{folder}: model format {config['format']} needs another zoo-core than {__version__}; pip install -U zoo-core"
            )
        space, prior = Space.from_json(config["space"]), Prior.from_json(config["prior"])
        parts = {part: str(config["parts"][part]) for part in NEEDED}
        options = {part: dict(config["options"][part]) for part in NEEDED}
        _edges(config)
    except FileNotFoundError:
        raise ZooError(
            f"{folder} holds no trained model ({CONFIG} is missing); type the path of a finished run or model folder"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ZooError(f"{folder / CONFIG} is not a model's configuration: {type(error).__name__} {error}") from None
    generator = build_generator(parts, options, space, prior.size, catalog)
    try:
        tensors = load_file(folder / WEIGHTS)
        generator.load_state_dict(tensors, strict=True)
    except FileNotFoundError:
        raise ZooError(f"{folder} holds no {WEIGHTS}; download or train the model again") from None
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ZooError(f"{folder / WEIGHTS} does not fit its configuration: {' '.join(str(error).split())[:300]}") from None
    broken = [name for name, value in tensors.items() if value.is_floating_point() and not bool(value.isfinite().all())]
    if broken:
        raise ZooError(f"{folder / WEIGHTS} holds weights that are not finite ({broken[0]}); download or train the model again")
    return Bundle(config, generator.to(device).requires_grad_(False).eval(), space, prior)


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"
