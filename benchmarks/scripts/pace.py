"""The learning pace of a model: in how many iterations it learns one image, or two images with two labels, by heart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from zoo_bench.data.load import first_images, load_images
from zoo_bench.evaluation.overfit import overfit_error
from zoo_bench.evaluation.reconstruction import reconstruction_error
from zoo_bench.plan import UNCHANGED
from zoo_core.images import Images
from zoo_core.registry.catalog import Catalog
from zoo_testing.subject import Subject
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.export import run_bundle, run_encoder
from zoo_train.run import Run, build

SIZE = 16
SIZES = {"width": 8, "max_width": 64, "hidden": 64, "embedding": 8, "latent": 16, "code": 16, "batch": 8}
DATASET = "zoo-creatures/creatures"
ERROR = 0.05  # of the range of a number: what "by heart" means
FIRST, GROWTH = 20, 1.5  # the first look, and the next ones: 20, 30, 45, 68, ... iterations


def learning_pace(
    catalog: Catalog,
    model: str,
    images: int,
    most: int,
    *,
    error: float = ERROR,
    size: int = SIZE,
    settings: Sequence[str] = (),
) -> dict[str, Any]:
    """Train a model on the first one or two images of creatures until their mean absolute error is at most `error`.

    Images have `size` pixels a side, and networks are narrow (SIZES); all other settings but those in `settings`, KEY=VALUE,
    are the model's own. Nothing is mirrored or shifted, and the learning rate is constant, since the length of the run is
    not known. Two images have two labels, and so has the one image of a model that needs them.

    The error of models with an encoder is that of the reconstruction; of others that of samples, as `zoo bench --overfit` has
    it. It is looked at after 20 iterations, and each time half as many more are done.

    Returns plain values: `reached` says whether `iterations` were enough; `errors` has all looks, (iteration, error).
    Raises ZooError for a model that is not installed or does not fit.
    """
    run, some = _started(catalog, model, images, size, settings)
    data = DeviceData(some, run.recipe.train, run.recipe.seed, run.device, run.recipe.data.background, run.recipe.data.guide)
    errors: list[tuple[int, float]] = []
    started = time.perf_counter()
    looks = _looks(most)
    due = next(looks)
    for step in train(run, data):
        if step.iteration == due:
            step.read()  # a loss that is not finite ends it here
            errors.append((due, _error(run, some)))
            if errors[-1][1] <= error or due == most:
                break
            due = next(looks)
    return {
        "model": catalog.find("model", model).id,
        "images": images,
        "size": size,
        "settings": list(settings),
        "wanted": error,
        "iterations": errors[-1][0],
        "error": round(errors[-1][1], 5),
        "reached": errors[-1][1] <= error,
        "of": "samples" if run.encoder is None else "reconstructions",
        "seconds": round(time.perf_counter() - started, 1),
        "errors": [(iteration, round(value, 5)) for iteration, value in errors],
    }


def _started(catalog: Catalog, model: str, images: int, size: int, settings: Sequence[str]) -> tuple[Run, Images]:
    item = catalog.find("model", model)
    labelled = images > 1 or "labels" in item.entry.needs
    recipe = Subject(catalog, item.distribution, item).recipe(
        sizes=SIZES,
        dataset=DATASET,
        size=size,
        settings=(*UNCHANGED, "dataset.count=64", *settings),
        labels=("type",) if labelled else (),
    )
    run = build(recipe, catalog)
    return run, first_images(load_images(recipe, catalog), images)


def _error(run: Run, images: Images) -> float:
    bundle, encoder = run_bundle(run), run_encoder(run)
    if encoder is None:
        return overfit_error(bundle, images)
    return float(
        reconstruction_error(bundle, encoder, images, np.arange(len(images.pixels)), run.recipe.data.background).mean()
    )


def _looks(most: int) -> Iterator[int]:
    look = FIRST
    while look < most:
        yield look
        look = round(look * GROWTH)
    yield most


def table(rows: list[dict[str, Any]]) -> str:
    """A Markdown table, a line per model, those that learn one image in the fewest iterations first."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["model"], {})[row["images"]] = row
    models = sorted(found, key=lambda model: (_iterations(found[model].get(1)), model))
    head = "| model | error of | one image: iterations | seconds | error | two images: iterations | seconds | error | with |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    for model in models:
        any_row = next(iter(found[model].values()))
        cells = [cell for images in (1, 2) for cell in _cells(found[model].get(images))]
        size = [] if any_row["size"] == SIZE else [f"{any_row['size']} px"]
        until = [] if any_row["wanted"] == ERROR else [f"until {any_row['wanted']:g}"]
        with_ = ", ".join([*size, *(f"`{setting}`" for setting in any_row["settings"]), *until])
        lines.append(f"| `{model.partition('/')[2]}` | {any_row['of']} | {' | '.join(cells)} | {with_} |")
    return "\n".join(lines) + "\n"


def _iterations(row: dict[str, Any] | None) -> float:
    return float("inf") if row is None or not row["reached"] else float(row["iterations"])


def _cells(row: dict[str, Any] | None) -> tuple[str, str, str]:
    if row is None:
        return "", "", ""
    enough = "" if row["reached"] else "more than "
    return f"{enough}{row['iterations']:,}".replace(",", " "), f"{row['seconds']:.0f}", f"{row['error']:.3f}"
