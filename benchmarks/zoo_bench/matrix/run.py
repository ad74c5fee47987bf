"""`zoo bench` for more than one run: plan the cells, say what they cost, run them, show the table."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from zoo_bench.asked import Asked
from zoo_bench.data.load import load_images
from zoo_bench.flags import flags_by_field
from zoo_bench.matrix.cells import plan_matrix
from zoo_bench.matrix.executor_local import cores
from zoo_bench.observers.chosen import opened
from zoo_bench.records.folder import RunFolder
from zoo_bench.records.lock import locked
from zoo_bench.records.matrix import (
    OWN,
    Cell,
    Matrix,
    clear,
    is_finished,
    joined,
    load_matrix,
    matrix_at,
    read_status,
    save_matrix,
    words,
)
from zoo_bench.records.table import Scores, show, write_table
from zoo_bench.report.board import render_board
from zoo_bench.words import duration, plural
from zoo_core.cli.listing import columns
from zoo_core.errors import RunFailure, ZooError
from zoo_core.executors import Executor
from zoo_core.registry.catalog import Catalog, Provided

ENGINE = "engine."  # what settings of the executor begin with
HEEDED = {
    "resume",
    "jobs",
    "engine",
    "dry_run",
    "as_json",
    "settings",
}  # by a matrix that goes on; of settings the engine's alone
STOPPED = 130  # exit code


@dataclass(frozen=True)
class Engine:
    """Which executor, and its options."""

    item: Provided
    options: Any

    def open(self, catalog: Catalog) -> Executor:
        executor: Executor = catalog.load_target(self.item)(self.options)
        return executor


@dataclass(frozen=True)
class Schedule:
    """What is left to do in the folder of a matrix, and how much of it at once.

    replaced  the matrix whose cells are removed first, None if none is.
    """

    folder: Path
    matrix: Matrix
    replaced: Matrix | None
    left: Sequence[Cell]
    at_once: int
    threads: int


def bench_matrix(asked: Asked, catalog: Catalog) -> int:
    """Run a matrix. Returns the exit code: 0, or 130 if it was stopped.

    Raises ZooError for wrong input, before anything is written, and RunFailure at the end if cells failed.
    """
    engine = engine_of(asked.sweep.engine or "local", engine_settings(asked), catalog)
    folder, matrix, replaced = requested_matrix(asked, catalog)
    opened(asked.observers, catalog)  # a library that is missing is said before anything starts
    check_extractor(matrix)
    executor = None if asked.sweep.dry_run else engine.open(catalog)
    try:
        slots = executor.slots if executor else cores()
        schedule = scheduled(folder, matrix, replaced, asked, slots, engine.item.entry.name == "local")
        check_images(schedule, catalog)
        say(f"{plural(len(matrix.possible), 'cell')} in {folder}")
        for line in [*plan_lines(folder, matrix, schedule.left), cost_line(schedule)]:
            say(line)
        if executor is None:
            if asked.session.as_json:
                click.echo(json.dumps(matrix.to_json()))
            return 0
        is_whole, table = carry_out(schedule, executor)
    finally:
        if executor is not None:
            executor.stop()
    show(table, Console(stderr=True, highlight=False))
    say(f"report: {folder / 'report.html'}")
    if asked.session.as_json:
        click.echo(json.dumps(table))
    again = shlex.join(["zoo", "bench", "--resume", str(folder), *engine_words(asked)])
    if not is_whole:
        say(f"stopped; go on with: {again}")
        return STOPPED
    check_cells(folder, matrix, again)
    return 0


def say(line: str) -> None:
    """A line on standard error, as wide as it is."""
    Console(stderr=True, highlight=False).print(line, markup=False, soft_wrap=True)


def requested_matrix(asked: Asked, catalog: Catalog) -> tuple[Path, Matrix, Matrix | None]:
    """(folder, what is to be done there, what --overwrite removes first)."""
    if asked.session.resume:
        check_resumed(asked)
        return asked.session.resume, load_matrix(asked.session.resume), None
    settings = tuple(text for text in asked.design.settings if not text.startswith(ENGINE))
    matrix = plan_matrix(asked.with_design(settings=settings), catalog, shlex.join(["zoo", *sys.argv[1:]]))
    folder = asked.session.out or Path("runs") / default_name(matrix)
    old = matrix_at(folder)
    if old is None or asked.session.overwrite:
        return folder, matrix, old
    return folder, joined(old, matrix, folder), None


def scheduled(folder: Path, matrix: Matrix, replaced: Matrix | None, asked: Asked, slots: int, here: bool) -> Schedule:
    """slots: cells that the executor can run at once; here: whether it runs them on this machine."""
    left = [cell for cell in matrix.possible if replaced or not is_finished(folder / cell.name)]
    threads = asked.machine.threads or max((cell.recipe.threads for cell in matrix.possible if cell.recipe), default=0)
    return Schedule(folder, matrix, replaced, left, *parallel(left, slots, asked.sweep.jobs, threads, here))


def carry_out(schedule: Schedule, executor: Executor) -> tuple[bool, Scores]:
    """(whether nothing stopped it, the table), after all cells that are left."""
    folder = schedule.folder
    RunFolder(folder).make()
    with locked(folder):
        if schedule.replaced:
            clear(folder, schedule.replaced)
        matrix = with_threads(schedule.matrix, schedule.threads)
        save_matrix(folder, matrix)
        from zoo_bench.matrix.drive import drive  # imports torch

        left = [cell for cell in matrix.possible if not is_finished(folder / cell.name)]
        is_whole = drive(folder, left, executor, schedule.at_once, say)
        table = write_table(folder, matrix)
        render_board([folder], folder / "report.html")
    return is_whole, table


def check_same_images(folder: Path, matrix: Matrix, sha256: str) -> None:
    """Raises ZooError if a cell that has begun was started with other images: such cells cannot stand in one table."""
    for cell in matrix.possible:
        before = RunFolder(folder / cell.name)
        if before.recipe.is_file() and before.load_provenance().dataset_sha256 not in ("", sha256):
            raise ZooError(
                f"{folder}: {cell.name} was started with other images than the dataset has now; "
                f"bring those back, or type --out with another name"
            )


def check_extractor(matrix: Matrix) -> None:
    """Raises ZooError for an extractor that does not exist, or a file that is not its weights."""
    if matrix.scoring["extractor"] is not None:
        from zoo_bench.evaluation.extractors import open_extractor  # imports torch

        weights = matrix.scoring["weights"]
        open_extractor(matrix.scoring["extractor"], weights and Path(weights))
        if judge := matrix.scoring.get("judge"):
            open_extractor(judge)


def check_images(schedule: Schedule, catalog: Catalog) -> None:
    """Raises ZooError for what is wrong with the images, in every cell then, and if they are others than before."""
    if schedule.left and schedule.left[0].recipe is not None:
        images = load_images(schedule.left[0].recipe, catalog)
        if not schedule.replaced:
            check_same_images(schedule.folder, schedule.matrix, images.sha256)


def check_cells(folder: Path, matrix: Matrix, again: str) -> None:
    """Raises RunFailure if cells failed. `again` is what to type to try them again."""
    failed = [cell.name for cell in matrix.possible if read_status(folder / cell.name)["state"] == "failed"]
    if failed:
        raise RunFailure(
            f"{plural(len(failed), 'cell')} of {len(matrix.possible)} failed ({', '.join(failed[:3])}"
            f"{', ...' if len(failed) > 3 else ''}); to try again, type {again}"
        )


def check_resumed(asked: Asked) -> None:
    """Raises ZooError for options that a matrix which goes on would not heed: its cells are as they were planned."""
    flags = [flag for name, flag in flags_by_field(Asked).items() if name in asked.typed - HEEDED]
    flags += [f"--set {text}" for text in asked.design.settings if not text.startswith(ENGINE)]
    if flags:
        raise ZooError(
            f"{flags[0]}: {asked.session.resume} goes on as it was planned; leave it out, or type the whole command again, "
            f"which adds models and seeds to --out {asked.session.resume}"
        )


def default_name(matrix: Matrix) -> str:
    """The same for the same matrix, so that the command typed again goes on with it."""
    recipe = matrix.possible[0].recipe
    assert recipe is not None
    path = recipe.data.options.get("path")
    dataset = Path(path).resolve().name if path else recipe.data.id.partition("/")[2]
    return f"matrix-{dataset}-{recipe.space.size}-{matrix.sha256[:6]}"


def engine_of(name: str, settings: Sequence[str], catalog: Catalog) -> Engine:
    """Raises ZooError for an executor that does not exist and for options that it does not have."""
    item = catalog.find("executor", name)
    values = dict(text.removeprefix(ENGINE).partition("=")[::2] for text in settings)
    return Engine(item, catalog.options("executor", item.id, values))


def engine_settings(asked: Asked) -> list[str]:
    """Of what is typed after --set, the executor's."""
    return [text for text in asked.design.settings if text.startswith(ENGINE)]


def engine_words(asked: Asked) -> list[str]:
    """What was typed of the executor, to be typed again."""
    engine = ["--engine", asked.sweep.engine] if asked.sweep.engine else []
    return [*engine, *(f"--set={text}" for text in engine_settings(asked))]


def parallel(cells: Sequence[Cell], slots: int, jobs: int | None, threads: int, here: bool) -> tuple[int, int]:
    """(cells at once, threads of each). On the processor one cell of one thread per core; on a GPU one cell.

    Cores that would be idle because there are fewer cells than cores are given to the cells, but only on this machine (`here`).
    """
    on_cpu = all(cell.recipe is not None and cell.recipe.device == "cpu" for cell in cells)
    at_once = min(jobs or (max(1, slots // max(1, threads)) if on_cpu else 1), max(1, len(cells)))
    return at_once, threads or (max(1, cores() // at_once) if here else 1)


def with_threads(matrix: Matrix, threads: int) -> Matrix:
    """The matrix with that many threads for each cell of which the threads are not settled yet."""

    def settled(cell: Cell) -> Cell:
        if cell.recipe is None or cell.recipe.threads:
            return cell
        typed = cell.provenance.typed(f"{cell.provenance.command} --threads {threads}")
        return dataclasses.replace(cell, recipe=cell.recipe.on(threads=threads), provenance=typed)

    return dataclasses.replace(matrix, cells=tuple(map(settled, matrix.cells)))


def plan_lines(folder: Path, matrix: Matrix, left: Sequence[Cell]) -> list[str]:
    """A line for each combination: its seeds and what is left of them, or why it is impossible."""
    rows = []
    names = {cell.name for cell in left}
    for values, group in itertools.groupby(matrix.cells, key=lambda cell: cell.values):
        cells = list(group)
        if cells[0].problem:
            text = f"impossible: {cells[0].problem}"
        else:
            todo = sum(cell.name in names for cell in cells)
            text = f"seeds {cells[0].seed}-{cells[-1].seed}" if len(cells) > 1 else f"seed {cells[0].seed}"
            text += ", once: its generator takes no upsampler" if values.get("upsampler") == OWN else ""
            text += ", finished" if not todo else f", {todo} to do" if todo < len(cells) else ""
        rows.append((*words(values), text))
    return columns(rows)


def cost_line(schedule: Schedule) -> str:
    """How many cells are to do and how long that takes, as far as it can be known."""
    from zoo_bench.matrix.drive import estimate, overhead_of  # imports torch

    left, at_once = schedule.left, schedule.at_once
    if not left:
        return "nothing to do: every possible cell is finished"
    assert left[0].recipe is not None
    minutes = left[0].recipe.budget.minutes
    known = [each for cell in schedule.matrix.possible if (each := overhead_of(schedule.folder, cell)) is not None]
    seconds = estimate(len(left), at_once, minutes, sum(known) / len(known) if known else None)
    text = f"{plural(len(left), 'cell')} to do, {at_once} at a time with {plural(schedule.threads, 'thread')} each: "
    if seconds is None:
        return text + "how long that takes is said once one is done"
    return text + f"about {duration(seconds)}{'' if known else ' of training; loading and scoring come on top'}"
