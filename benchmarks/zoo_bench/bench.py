"""One run end to end: images, training, scores, report."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from zoo_bench.command import load_images
from zoo_bench.evaluation.reconstruction import reconstruction_scores
from zoo_bench.figures import draw_figures
from zoo_bench.guides import draw_guides, guides_for
from zoo_bench.hardware import hardware, versions
from zoo_bench.init import initialise
from zoo_bench.lock import locked
from zoo_bench.observers.chosen import Chosen, opened
from zoo_bench.observers.watch import Watch
from zoo_bench.overfit import overfit_error
from zoo_bench.progress import TrainingProgress
from zoo_bench.report.page import render
from zoo_bench.resume import differences
from zoo_bench.run_folder import RunFolder
from zoo_bench.scored import Meter
from zoo_bench.training import draw_real, draw_samples, generate, train_run
from zoo_bench.trouble import reported
from zoo_core.build import Run, build
from zoo_core.bundle import Bundle, load_bundle, run_bundle, save_bundle
from zoo_core.catalog import Catalog, Provided
from zoo_core.encoder import Encoder, load_encoder, run_encoder, save_encoder
from zoo_core.errors import ZooError
from zoo_core.files import write_json
from zoo_core.grid import write_png
from zoo_core.images import Images
from zoo_core.observers import Watched
from zoo_core.recipe import Recipe
from zoo_core.scores import Metric
from zoo_core.train.allocator import keep_heap
from zoo_core.train.checkpoint import checkpoints, load_newest
from zoo_core.train.compiled import compile_networks
from zoo_core.train.data import DeviceData
from zoo_core.train.graphs import capture_phases
from zoo_core.train.precision import choose_precision, use_tf32
from zoo_core.train.world import ALONE, World


@dataclass(frozen=True)
class Scoring:
    """How a finished run is scored: extractor (None: not at all), file of its weights, samples (0: one per training image).

    every  images of training between scores on the way, see zoo_bench.scored; 0: none.
    """

    extractor: str | None = "sprites"
    weights: Path | None = None
    samples: int = 0
    every: int = 0


def run_bench(
    recipe: Recipe,
    folder: RunFolder,
    catalog: Catalog,
    *,
    resume: bool = False,
    overwrite: bool = False,
    scoring: Scoring = Scoring(),
    checkpoint_every: float = 60.0,
    on_trouble: str = "warn",
    profile: bool = False,
    observers: Sequence[Chosen] = (),
    quiet: bool = False,
    world: World = ALONE,
) -> dict[str, Any]:
    """Train, score and report. Returns the final record, which --json prints.

    world  the processes that train together; this one is the first of them.
    """
    from zoo_bench.evaluation.extractors import open_extractor

    progress = TrainingProgress(quiet)
    watch = Watch(opened(observers, catalog), progress.say)
    keep_heap()
    set_threads(recipe)
    if not resume:
        folder.check_free(overwrite)
        build(recipe, catalog)  # parts that do not fit together are said before anything is made or replaced
    if scoring.extractor is not None:
        open_extractor(scoring.extractor, scoring.weights)  # a wrong name or file is said now, not after the training
    images = load_images(recipe, catalog)
    if not resume:
        folder.claim(overwrite)
    with locked(folder.path), watch:
        if resume:
            run, data = resumed(recipe, folder, images, catalog, progress, world)
        else:
            folder.claim(overwrite)  # again: another process may have come first
            folder.clear()
            run, data = started(recipe, folder, images, catalog, world)
        recipe = run.recipe
        use_tf32(run, data)
        not_compiled, not_captured = compile_networks(run, data), capture_phases(run, data)
        progress.say(_headline(run, images, folder, world))
        for name, why in not_compiled.items():
            progress.say(f"warning: {name} is not compiled: {why}")
        for name, why in not_captured.items():
            progress.say(f"warning: phase {name} is not captured: {why}")
        draw_real(images, folder, recipe.data.background)
        world.send(json.dumps(recipe.to_json()).encode())
        meter = Meter(images, recipe.data.background, scoring.every)
        watch.started(Watched(folder.path.resolve(), recipe.to_json(), run.iteration))
        finished = run.iteration == run.total or train_run(
            run, data, images, folder, progress, checkpoint_every, on_trouble, profile, watch, meter
        )
        training = _training(run, finished)
        record: dict[str, Any] = {"run": str(folder.path), "state": training["state"], "training": training}
        if not finished:
            same = " and the same --devices" if world.size > 1 else ""
            progress.say(f"stopped at iteration {run.iteration}; go on with: zoo bench --resume {folder.path}{same}")
            watch.ended("stopped", {})
            return record
        save_bundle(run_bundle(run), folder.model)
        if (encoder := run_encoder(run)) is not None:
            save_encoder(encoder, folder.model)
        report = score_run(folder, images, recipe, catalog, training, scoring, progress)
        watch.ended("finished", report)
        page = render(folder.path)
    progress.say(f"model:  {folder.model}\nreport: {page}")
    record |= {name: report[name] for name in ("scores", "evaluator", "overfit") if name in report}
    return record | {"report_page": str(page), "model": str(folder.model)}


def set_threads(recipe: Recipe) -> None:
    """Those of the recipe, or this process's part of the cores."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # processes that torchrun has started on this machine
    torch.set_num_threads(recipe.threads or max(1, (os.cpu_count() or 1) // here))


def started(
    recipe: Recipe, folder: RunFolder, images: Images, catalog: Catalog, world: World = ALONE
) -> tuple[Run, DeviceData]:
    """A new run, its recipe completed with what only this machine and these images tell, and written down."""
    distributions = {name.partition("/")[0] for name in [recipe.model, recipe.data.id, *recipe.parts.values()]}
    run = build(
        dataclasses.replace(
            recipe,
            versions=versions({"zoo-core", "zoo-bench"} | distributions),
            hardware=hardware() | {"devices": world.size},
            dataset_sha256=images.sha256,
        ),
        catalog,
    )
    initialise(run, catalog)
    data = device_data(run, images, world)
    run.recipe = dataclasses.replace(run.recipe, precision=choose_precision(run, data))
    folder.save_recipe(run.recipe)
    folder.samples.mkdir(exist_ok=True)
    return run, data


def resumed(
    recipe: Recipe, folder: RunFolder, images: Images, catalog: Catalog, progress: TrainingProgress, world: World = ALONE
) -> tuple[Run, DeviceData]:
    """A run at its newest intact checkpoint, or at its start. Raises ZooError if the images are not the same any more."""
    if images.sha256 != recipe.dataset_sha256:
        raise ZooError(f"the images of {recipe.data.id} are not those that {folder.path} was started with; start a new run")
    before = folder.load_recipe()
    run = build(recipe, catalog)
    path, warnings = load_newest(run, folder.checkpoints)
    if path is None and recipe != before and checkpoints(folder.checkpoints):
        raise ZooError(f"{folder.path} cannot go on with these options ({warnings[-1]}); start a new run")
    warnings += differences(recipe, versions(set(recipe.versions) - {"python"}), hardware() | {"devices": world.size})
    if recipe.budget != before.budget:
        run.total = None
    if path is None:
        initialise(run, catalog)
    for warning in warnings:
        progress.say(f"warning: {warning}")
    if path is None and folder.report.exists():
        raise ZooError(
            f"{folder.path} is finished and its checkpoints are gone; to train again, type {recipe.command} --overwrite"
        )
    progress.say(f"resuming at iteration {run.iteration}" if path else "no checkpoint: starting again")
    folder.forget_after(run.iteration)
    data = device_data(run, images, world)
    if not recipe.precision:
        run.recipe = dataclasses.replace(recipe, precision=choose_precision(run, data))
    if run.recipe != before:
        folder.save_recipe(run.recipe)
    return run, data


def device_data(run: Run, images: Images, world: World = ALONE) -> DeviceData:
    """What the run trains on: its recipe's share of the images, and this process's share of every batch."""
    recipe = run.recipe
    return DeviceData(images, recipe.train, recipe.seed, run.device, recipe.data.background, recipe.data.guide, world)


def _training(run: Run, finished: bool) -> dict[str, Any]:
    images = run.iteration * run.images_per_iteration
    return {
        "state": "finished" if finished else "stopped",
        "iterations": run.iteration,
        "images": images,
        "seconds": round(run.seconds, 2),
        "images_per_second": round(images / max(run.seconds, 1e-9), 2),
        "parameters": {name: sum(p.numel() for p in net.parameters()) for name, net in run.nets.items()},
    }


def score_run(
    folder: RunFolder,
    images: Images,
    recipe: Recipe,
    catalog: Catalog,
    training: dict[str, Any],
    scoring: Scoring,
    progress: TrainingProgress,
) -> dict[str, Any]:
    """Score the saved model, as a downloader gets it, and write report.json, whose content is returned."""
    bundle = load_bundle(folder.model, catalog, recipe.device)
    draw_samples(bundle, images, folder, "final")
    draw_guides(bundle, images, folder, recipe.data.background)
    encoder = load_encoder(folder.model, bundle, catalog, recipe.device)
    draw_figures(bundle, encoder, images, folder.samples, recipe.data.background)
    report: dict[str, Any] = {"format": 1}
    if recipe.data.overfit:
        error = overfit_error(bundle, images)
        report["overfit"] = {"images": recipe.data.overfit, "mean_absolute_error": error}
        progress.say(
            f"mean absolute error {error:.4f} of the range of a pixel, on {recipe.data.overfit} images to learn by heart"
        )
    elif scoring.extractor is not None:
        report = score_model(bundle, encoder, images, recipe, catalog, scoring, progress, folder.samples / "nearest.png")
    report["warnings"] = [*report.get("warnings", ()), *reported(folder)]
    report["skipped"] = [dataclasses.asdict(item) for item in images.skipped]
    report["training"] = training
    write_json(folder.report, report)
    return report


def plugin_metrics(catalog: Catalog) -> dict[str, Metric]:
    """Metrics of installed plugins by id. They are imported when asked, where one that is broken costs only itself."""

    def deferred(item: Provided) -> Metric:
        return lambda sets: catalog.load_target(item)(sets)

    return {item.id: deferred(item) for item in catalog.of("metric")}


def score_model(
    bundle: Bundle,
    encoder: Encoder | None,
    images: Images,
    recipe: Recipe,
    catalog: Catalog,
    scoring: Scoring,
    progress: TrainingProgress,
    figure: Path | None = None,
) -> dict[str, Any]:
    """The evaluator's report on samples of a model, with what is measured of guides and encoders. Needs an extractor.

    figure  where to draw samples beside their nearest training images.
    """
    from zoo_bench.evaluation.edge_agreement import edge_scores
    from zoo_bench.evaluation.evaluate import METRICS, evaluate  # imports torch-fidelity
    from zoo_bench.evaluation.nearest_figure import nearest_figure
    from zoo_bench.evaluation.table import lines

    assert scoring.extractor is not None
    count = scoring.samples or int((~images.held_out).sum())
    progress.say(f"scoring {count} samples with {scoring.extractor}")
    fakes, labels = generate(bundle, images, count)
    measured = evaluate(
        images,
        fakes,
        extractor=scoring.extractor,
        weights=scoring.weights,
        background=recipe.data.background,
        fake_labels=labels,
        name=recipe.data.id,
        device=recipe.device,
        metrics={**METRICS, **plugin_metrics(catalog)},
    )
    report = measured.to_json()
    guides = guides_for(bundle, images, count)
    if guides is not None:
        report["scores"] += edge_scores(bundle, images, fakes, guides)
    if encoder is not None:
        report["scores"] += reconstruction_scores(bundle, encoder, images, recipe.data.background)
    for line in lines(report):
        progress.say(line)
    pairs = nearest_figure(images, fakes, measured.closest, recipe.data.background)
    if figure is not None and pairs is not None:
        write_png(pairs, figure)
    return report


def _headline(run: Run, images: Images, folder: RunFolder, world: World) -> str:
    recipe = run.recipe
    budget = ", ".join(f"{value:g} {name}" for name, value in dataclasses.asdict(recipe.budget).items() if value is not None)
    train = int((~images.held_out).sum())
    skipped = f", {len(images.skipped)} files skipped" if images.skipped else ""
    devices = f" in {world.size} processes" if world.size > 1 else ""
    start = recipe.init_from
    origin = f"\nstarts from {start['networks']} of {start['ref']} {start['commit']}".rstrip() if start else ""
    return (
        f"{recipe.model} with {recipe.parts['upsampler']} on {recipe.data.id}: {train} images to train on, "
        f"{len(images.pixels) - train} held out{skipped}{origin}\n"
        f"{recipe.space.size} px, {budget} on {recipe.device}{devices} -> {folder.path}"
    )
