"""`zoo bench` for more than one run: plan the cells, say what they cost, run them, show the table."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from zoo_bench.data.load import load_images
from zoo_bench.matrix.cells import plan_matrix
from zoo_bench.matrix.executor_local import cores
from zoo_bench.observers.chosen import opened
from zoo_bench.plan import COMMANDLINE
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
from zoo_bench.records.table import show, write_table
from zoo_bench.report.board import render_board
from zoo_bench.words import duration, plural
from zoo_core.cli.listing import columns
from zoo_core.errors import RunFailure, ZooError
from zoo_core.executors import Executor
from zoo_core.registry.catalog import Catalog, Provided

ENGINE = "engine."  # what settings of the executor begin with
AGAIN = ("resume", "jobs", "engine", "dry_run", "as_json")  # what a matrix that goes on takes, beside these settings


@dataclass(frozen=True)
class Engine:
    """Which executor, and its options."""

    item: Provided
    options: Any

    def open(self, catalog: Catalog) -> Executor:
        executor: Executor = catalog.load_target(self.item)(self.options)
        return executor


def bench_matrix(context: click.Context, given: Mapping[str, Any], catalog: Catalog) -> int:
    """Run a matrix. Returns the exit code: 0, or 130 if it was stopped.

    Raises ZooError for wrong input, before anything is written, and RunFailure at the end if cells failed.
    """
    console = Console(stderr=True, highlight=False)
    engine = engine_of(given["engine"] or "local", [text for text in given["settings"] if text.startswith(ENGINE)], catalog)
    folder, matrix, replaced = asked_matrix(context, given, catalog)
    opened(given["observers"], catalog)  # a library that is missing is said before anything starts
    check_extractor(matrix)
    executor = None if given["dry_run"] else engine.open(catalog)
    try:
        left = [cell for cell in matrix.possible if replaced or not is_finished(folder / cell.name)]
        if left and left[0].recipe is not None:
            images = load_images(left[0].recipe, catalog)  # what is wrong with them would be so in every cell
            if not replaced:
                check_same_images(folder, matrix, images.sha256)
        slots = executor.slots if executor else cores()
        threads = given["threads"] or max((cell.recipe.threads for cell in matrix.possible if cell.recipe), default=0)
        at_once, threads = parallel(left, slots, given["jobs"], threads, engine.item.entry.name == "local")
        lines = [f"{plural(len(matrix.possible), 'cell')} in {folder}", *plan_lines(folder, matrix, left)]
        for line in [*lines, cost_line(folder, matrix, left, at_once, threads)]:
            console.print(line, markup=False, soft_wrap=True)
        if executor is None:
            if given["as_json"]:
                click.echo(json.dumps(matrix.to_json()))
            return 0
        RunFolder(folder).make()
        with locked(folder):
            if replaced:
                clear(folder, replaced)
            matrix = with_threads(matrix, threads)
            save_matrix(folder, matrix)
            from zoo_bench.matrix.drive import drive  # imports torch

            todo = [cell for cell in matrix.possible if not is_finished(folder / cell.name)]
            whole = drive(folder, todo, executor, at_once, lambda line: console.print(line, markup=False, soft_wrap=True))
            table = write_table(folder, matrix)
            render_board([folder], folder / "report.html")
    finally:
        if executor is not None:
            executor.stop()
    show(table, console)
    console.print(f"report: {folder / 'report.html'}", markup=False, soft_wrap=True)
    if given["as_json"]:
        click.echo(json.dumps(table.to_json()))
    again = shlex.join(["zoo", "bench", "--resume", str(folder), *engine_words(given)])
    if not whole:
        console.print(f"stopped; go on with: {again}", markup=False, soft_wrap=True)
        return 130
    failed = [cell.name for cell in matrix.possible if read_status(folder / cell.name)["state"] == "failed"]
    if failed:
        raise RunFailure(
            f"{plural(len(failed), 'cell')} of {len(matrix.possible)} failed ({', '.join(failed[:3])}"
            f"{', ...' if len(failed) > 3 else ''}); to try again, type {again}"
        )
    return 0


def asked_matrix(context: click.Context, given: Mapping[str, Any], catalog: Catalog) -> tuple[Path, Matrix, Matrix | None]:
    """(folder, what is to be done there, what --overwrite removes first)."""
    if given["resume"]:
        check_resumed(context, given)
        return Path(given["resume"]), load_matrix(given["resume"]), None
    settings = tuple(text for text in given["settings"] if not text.startswith(ENGINE))
    command = shlex.join(["zoo", *sys.argv[1:]])
    matrix = plan_matrix({**given, "settings": settings}, catalog, context.command.params, command)
    folder = given["out"] or Path("runs") / default_name(matrix)
    old = matrix_at(folder)
    if old is None or given["overwrite"]:
        return folder, matrix, old
    return folder, joined(old, matrix, folder), None


def check_same_images(folder: Path, matrix: Matrix, sha256: str) -> None:
    """Raises ZooError if a cell that has begun was started with other images: such cells cannot stand in one table."""
    for cell in matrix.possible:
        before = RunFolder(folder / cell.name)
        if before.recipe.is_file() and before.load_recipe().dataset_sha256 not in ("", sha256):
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


def check_resumed(context: click.Context, given: Mapping[str, Any]) -> None:
    """Raises ZooError for options that a matrix which goes on would not heed: its cells are as they were planned."""
    typed = [option for option in context.command.params if context.get_parameter_source(option.name or "") is COMMANDLINE]
    flags = [option.opts[-1] for option in typed if option.name not in (*AGAIN, "settings")]
    flags += [f"--set {text}" for text in given["settings"] if not text.startswith(ENGINE)]
    if flags:
        raise ZooError(
            f"{flags[0]}: {given['resume']} goes on as it was planned; leave it out, or type the whole command again, "
            f"which adds models and seeds to --out {given['resume']}"
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


def engine_words(given: Mapping[str, Any]) -> list[str]:
    """What was typed of the executor, to be typed again."""
    settings = [text for text in given["settings"] if text.startswith(ENGINE)]
    return [*(["--engine", given["engine"]] if given["engine"] else []), *(f"--set={text}" for text in settings)]


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
        command = f"{cell.recipe.command} --threads {threads}"
        return dataclasses.replace(cell, recipe=dataclasses.replace(cell.recipe, threads=threads, command=command))

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


def cost_line(folder: Path, matrix: Matrix, left: Sequence[Cell], at_once: int, threads: int) -> str:
    """How many cells are to do and how long that takes, as far as it can be known."""
    from zoo_bench.matrix.drive import estimate, overhead_of  # imports torch

    if not left:
        return "nothing to do: every possible cell is finished"
    assert left[0].recipe is not None
    minutes = left[0].recipe.budget.minutes
    known = [seconds for cell in matrix.possible if (seconds := overhead_of(folder, cell)) is not None]
    seconds = estimate(len(left), at_once, minutes, sum(known) / len(known) if known else None)
    text = f"{plural(len(left), 'cell')} to do, {at_once} at a time with {plural(threads, 'thread')} each: "
    if seconds is None:
        return text + "how long that takes is said once one is done"
    return text + f"about {duration(seconds)}{'' if known else ' of training; loading and scoring come on top'}"
