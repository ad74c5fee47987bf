"""What `zoo eval` is given, as arrays: the images of a dataset, and those of a model or a folder that are held against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from zoo_bench.data.folder import Folder
from zoo_bench.data.named import open_dataset
from zoo_bench.data.options import FolderOptions
from zoo_bench.data.scan import scan
from zoo_bench.evaluation.edge_agreement import edge_scores
from zoo_bench.evaluation.pixels import Pixels
from zoo_bench.evaluation.reconstruction import reconstruction_scores
from zoo_bench.records.folder import RunFolder
from zoo_bench.samples.drawn import generate
from zoo_bench.samples.guides import guides_for
from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.model.bundle import CONFIG, Bundle, load_bundle
from zoo_core.model.hub import fetch
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog
from zoo_train import encoder as encoders
from zoo_train.plan import split_settings

WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Comparison:
    """What the user wants compared; None and empty stand for what the model or the folder itself says."""

    dataset: str | None = None
    settings: tuple[str, ...] = ()
    samples: int | None = None
    size: int | None = None
    labels: tuple[str, ...] = ()
    background: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Judged:
    """Arguments of `evaluate`, and what was noticed on the way.

    fakes   (N, H, W, C) uint8, as in `images`.
    labels  (N, L) int64 with the columns of `images`, -1 for none.
    more    scores of guides and of an encoder, as a report holds them.
    """

    images: Images
    fakes: Pixels
    labels: NDArray[np.int64]
    background: tuple[int, int, int]
    dataset: str
    warnings: tuple[str, ...] = ()
    more: tuple[dict[str, Any], ...] = ()


def judge(reference: str, wanted: Comparison, catalog: Catalog, device: str = "cpu") -> Judged:
    """Samples of the model that `reference` (a path or user/repo[@revision]) means, or the images of a folder."""
    path = Path(reference)
    if any((folder / CONFIG).exists() for folder in (path, path / "model")) or not path.exists():
        return _judge_model(reference, path, wanted, catalog, device)
    if RunFolder(path).recipe.exists():
        raise ZooError(f"{path} is a run without a model yet; type zoo bench --resume {path}")
    return _judge_folder(path, wanted, catalog)


def load_dataset(
    catalog: Catalog,
    dataset: str,
    values: Mapping[str, Any],
    size: int,
    channels: int,
    labels: tuple[str, ...],
    behind: tuple[int, int, int],
) -> tuple[str, Images]:
    """Id and images of a dataset by its name, or "name:path", and values of its options."""
    id, found = open_dataset(catalog, dataset, values)
    return id, found.load(size, channels, labels, behind)


def _judge_model(reference: str, path: Path, wanted: Comparison, catalog: Catalog, device: str) -> Judged:
    found = fetch(reference, optional=(encoders.CONFIG, encoders.WEIGHTS), catalog=catalog)
    bundle = load_bundle(found.folder, catalog, device, source=found.name if found.repo or found.model else "")
    encoder = encoders.load_encoder(found.folder, bundle, catalog, device)
    space, behind = bundle.space, wanted.background or bundle.background
    if wanted.size not in (None, space.size):
        raise ZooError(f"--size {wanted.size}: this model draws {space.size} pixels; leave the option out")
    if space.channels != 4 and wanted.background not in (None, bundle.background):
        raise ZooError("--background: this model draws no transparency; leave the option out")
    recipe = None if wanted.dataset else _recipe_of_run(path, bundle)
    dataset, values = (recipe.data.id, dict(recipe.data.options)) if recipe else (wanted.dataset or "", {})
    values |= _values(wanted, dataset, catalog)
    labels = wanted.labels or tuple(space.labels)
    name, images = load_dataset(catalog, dataset, values, space.size, space.channels, labels, behind)
    if space.labels and dict(images.space.labels) != dict(space.labels):
        raise ZooError(
            f"this model was taught {_described(space.labels)}, the dataset has {_described(images.space.labels)}; "
            "type --dataset with the one it was trained on"
        )
    count = wanted.samples or int((~images.held_out).sum())
    if not space.labels and images.labels.shape[1]:  # --labels of a model that knows none: only the images have them
        asked = np.full((count, images.labels.shape[1]), -1, np.int64)
        fakes, _ = generate(bundle, images, count)
    else:
        fakes, asked = generate(bundle, images, count)
    guides = guides_for(bundle, images, count)
    more = edge_scores(bundle, images, fakes, guides) if guides else []
    more += reconstruction_scores(bundle, encoder, images, behind) if encoder else []
    other = recipe is not None and not recipe.data.overfit and images.sha256 != RunFolder(path).load_provenance().dataset_sha256
    notes = (f"the images of {name} are not those that {path} was trained on",) if other else ()
    return Judged(images, fakes, asked, behind, name, notes, tuple(more))


def _recipe_of_run(path: Path, bundle: Bundle) -> Recipe:
    """The recipe of the run in this folder, which says what it was trained on."""
    if not RunFolder(path).recipe.exists():
        trained = bundle.config.get("trained") or {}
        hint = trained.get("dataset", "NAME") if isinstance(trained, dict) else "NAME"
        raise ZooError(f"{path} does not say which images to compare with; type --dataset {hint} or --against FOLDER")
    return RunFolder(path).load_recipe()


def _values(wanted: Comparison, dataset: str, catalog: Catalog) -> dict[str, Any]:
    """Values of options of the dataset that --set gives."""
    config = catalog.load_config(catalog.find("dataset", dataset.partition(":")[0]))
    return {key: value for _, key, value in split_settings(wanted.settings, {"dataset": config})}


def _described(labels: Mapping[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{name}: {', '.join(values[:4])}{', ...' if len(values) > 4 else ''}" for name, values in labels.items())


def _judge_folder(path: Path, wanted: Comparison, catalog: Catalog) -> Judged:
    if wanted.dataset is None:
        raise ZooError(f"{path} is a folder of images; type --against FOLDER or --dataset NAME to compare it with")
    if wanted.samples is not None:
        raise ZooError("--samples is for models; of a folder all images are taken: leave the option out")
    behind = wanted.background or WHITE
    size = wanted.size or _common_size(path)
    name, images = load_dataset(
        catalog, wanted.dataset, _values(wanted, wanted.dataset, catalog), size, 3, wanted.labels, behind
    )
    fakes = Folder(FolderOptions(path=str(path), held_out=0.0, duplicates=True)).load(size, 3, wanted.labels, behind)
    notes = tuple(f"{item.name} left out: {item.reason}" for item in fakes.skipped)
    return Judged(images, fakes.pixels, _in_columns_of(images, fakes), behind, name, notes)


def _common_size(path: Path) -> int:
    """Pixels of the longer side, the same for all images of the folder. Raises ZooError if they differ."""
    sizes = set()
    for file in scan(str(path)).files:
        try:
            with Image.open(path / file.name) as image:
                sizes.add(max(image.size))
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError):
            continue  # is named when the folder is read
    if not sizes:
        raise ZooError(f"no image in {path} can be read; zoo data check {path} says why")
    if len(sizes) > 1:
        raise ZooError(f"the images in {path} have {len(sizes)} different sizes; type --size 64")
    return sizes.pop()


def _in_columns_of(images: Images, fakes: Images) -> NDArray[np.int64]:
    """Labels of `fakes` as numbers of the values that `images` has; -1 for values it does not have."""
    columns: list[NDArray[np.int64]] = []
    for column, (name, values) in enumerate(images.space.labels.items()):
        place = {value: number for number, value in enumerate(values)}
        number_of = np.array([*(place.get(value, -1) for value in fakes.space.labels[name]), -1], np.int64)
        columns.append(number_of[fakes.labels[:, column]])
    return np.stack(columns, 1) if columns else np.zeros((len(fakes.pixels), 0), np.int64)
