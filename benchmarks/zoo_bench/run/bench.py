"""One run end to end: images, training, scores, report."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from zoo_bench.data.load import load_images
from zoo_bench.evaluation.overfit import overfit_error
from zoo_bench.evaluation.score import Scoring, score_model
from zoo_bench.observers.chosen import opened
from zoo_bench.observers.watch import Watch
from zoo_bench.progress import TrainingProgress
from zoo_bench.records.folder import RunFolder
from zoo_bench.records.lock import locked
from zoo_bench.records.provenance import Provenance, recorded
from zoo_bench.report.page import render
from zoo_bench.run.init import initialise
from zoo_bench.run.loop import train_run
from zoo_bench.run.options import DEFAULT, RunOptions
from zoo_bench.run.start import resumed, set_threads, started
from zoo_bench.run.trouble import reported
from zoo_bench.samples.drawn import draw_real, draw_samples
from zoo_bench.samples.figures import draw_figures
from zoo_bench.samples.guides import draw_guides
from zoo_core.files import write_json
from zoo_core.images import Images
from zoo_core.model.bundle import load_bundle, save_bundle
from zoo_core.observers import Watched
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog
from zoo_train.allocator import keep_heap
from zoo_train.compiled import compile_networks
from zoo_train.data import DeviceData
from zoo_train.encoder import load_encoder, save_encoder
from zoo_train.export import run_bundle, run_encoder
from zoo_train.graphs import capture_phases
from zoo_train.precision import use_tf32
from zoo_train.run import Run, build
from zoo_train.world import ALONE, World


def run_bench(
    recipe: Recipe,
    provenance: Provenance,
    folder: RunFolder,
    catalog: Catalog,
    options: RunOptions = DEFAULT,
    *,
    resume: bool = False,
    overwrite: bool = False,
    world: World = ALONE,
) -> dict[str, Any]:
    """Train, score and report. Returns the final record, which --json prints.

    world  the processes that train together; this one is the first of them.
    """
    progress = TrainingProgress()
    watch = Watch(opened(options.observers, catalog), progress.say)
    keep_heap()
    set_threads(recipe)
    if not resume:
        folder.check_free(overwrite)
    run = build(recipe, catalog)  # parts that do not fit together are said before anything is made or replaced
    if not resume:
        initialise(run, provenance.init_from, catalog)
    check_extractor(options.scoring)
    images = load_images(recipe, catalog)
    if not resume:
        folder.claim(overwrite)
    with locked(folder.path), watch:
        if resume:
            data, provenance = resumed(run, provenance, folder, images, catalog, progress, world)
        else:
            folder.claim(overwrite)  # again: another process may have come first
            folder.clear()
            data, provenance = started(run, provenance, folder, images, world)
        _prepare(run, data, images, folder, provenance.init_from, progress)
        draw_real(images, folder, recipe.data.background)
        world.send(json.dumps(recorded(recipe, provenance)).encode())
        watch.started(Watched(folder.path.resolve(), recorded(recipe, provenance), run.iteration))
        return _train_and_score(run, data, images, folder, catalog, options, progress, watch)


def check_extractor(scoring: Scoring) -> None:
    """Raises ZooError for a wrong name or file, which is said now, not after the training."""
    from zoo_bench.evaluation.extractors import open_extractor  # imports torchvision

    if scoring.extractor is not None:
        open_extractor(scoring.extractor, scoring.weights)
        if scoring.judge:
            open_extractor(scoring.judge)


def _prepare(
    run: Run, data: DeviceData, images: Images, folder: RunFolder, start: Mapping[str, str], progress: TrainingProgress
) -> None:
    """Make the run fast, and say what it will do."""
    use_tf32(run, data)
    not_compiled, not_captured = compile_networks(run, data), capture_phases(run, data)
    progress.say(_headline(run, start, images, folder, data.world))
    for name, why in not_compiled.items():
        progress.say(f"warning: {name} is not compiled: {why}")
    for name, why in not_captured.items():
        progress.say(f"warning: phase {name} is not captured: {why}")


def _train_and_score(
    run: Run,
    data: DeviceData,
    images: Images,
    folder: RunFolder,
    catalog: Catalog,
    options: RunOptions,
    progress: TrainingProgress,
    watch: Watch,
) -> dict[str, Any]:
    finished = run.iteration == run.total or train_run(run, data, images, folder, progress, options, watch)
    training = _training(run, finished)
    record: dict[str, Any] = {"run": str(folder.path), "state": training["state"], "training": training}
    if not finished:
        same = " and the same --devices" if data.world.size > 1 else ""
        progress.say(f"stopped at iteration {run.iteration}; go on with: zoo bench --resume {folder.path}{same}")
        watch.ended("stopped", {})
        return record
    save_bundle(run_bundle(run), folder.model)
    if (encoder := run_encoder(run)) is not None:
        save_encoder(encoder, folder.model)
    report = score_run(folder, images, run.recipe, catalog, training, options.scoring, progress)
    watch.ended("finished", report)
    page = render(folder.path)
    progress.say(f"model:  {folder.model}\nreport: {page}")
    record |= {name: report[name] for name in ("scores", "evaluator", "second", "overfit") if name in report}
    return record | {"report_page": str(page), "model": str(folder.model)}


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


def _headline(run: Run, start: Mapping[str, str], images: Images, folder: RunFolder, world: World) -> str:
    recipe = run.recipe
    budget = ", ".join(f"{value:g} {name}" for name, value in dataclasses.asdict(recipe.budget).items() if value is not None)
    train = int((~images.held_out).sum())
    skipped = f", {len(images.skipped)} files skipped" if images.skipped else ""
    devices = f" in {world.size} processes" if world.size > 1 else ""
    origin = f"\nstarts from {start['networks']} of {start['ref']} {start['commit']}".rstrip() if start else ""
    return (
        f"{recipe.model} with {recipe.parts['upsampler']} on {recipe.data.id}: {train} images to train on, "
        f"{len(images.pixels) - train} held out{skipped}{origin}\n"
        f"{recipe.space.size} px, {budget} on {recipe.device}{devices} -> {folder.path}"
    )
