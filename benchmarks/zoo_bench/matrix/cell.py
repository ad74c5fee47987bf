"""One cell, in whatever process an executor gives it: goes on where it was left, and leaves a status behind."""

from __future__ import annotations

import os
import platform
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from zoo_bench.observers.chosen import Chosen
from zoo_bench.records.folder import RunFolder
from zoo_bench.records.lock import holder
from zoo_bench.records.matrix import Cell, cell_folder, load_matrix, read_status, write_status
from zoo_bench.run.threads import calm_threads
from zoo_core.errors import RunFailure, ZooError
from zoo_core.registry.catalog import discover
from zoo_core.registry.problems import cause

PATIENCE = 60.0  # seconds


def run_cell(matrix: str, name: str) -> None:
    """Start or go on with a cell until it is finished, failed or stopped; what it prints goes to log.txt in its folder.

    Never raises for what happens in the run: that is what status.json is for. Raises ZooError if there is no such cell.
    """
    spec = load_matrix(Path(matrix))
    cell = next((cell for cell in spec.possible if cell.name == name), None)
    if cell is None:
        raise ZooError(f"{matrix} has no cell {name}")
    folder = cell_folder(Path(matrix), name)
    folder.mkdir(exist_ok=True)
    started, before = time.time(), read_status(folder)
    write_status(
        folder, state="running", error="", starts=before["starts"] + 1, pid=os.getpid(), host=platform.node(), started=started
    )
    with (
        open(folder / "log.txt", "a", encoding="utf-8") as log,
        redirect_stdout(log),
        redirect_stderr(log),
    ):
        state, error = _attempt(cell, RunFolder(folder), dict(spec.scoring))
    write_status(folder, state=state, error=error, seconds=round(before["seconds"] + time.time() - started, 2))


def _wait_for_predecessor(folder: RunFolder) -> None:
    """A process of this cell that was told to stop, by a driver that is gone, may still be saving."""
    until = time.monotonic() + PATIENCE
    while holder(folder.path) and time.monotonic() < until:
        time.sleep(0.2)


def _attempt(cell: Cell, folder: RunFolder, scoring: dict[str, Any]) -> tuple[str, str]:
    """(state, error)."""
    assert cell.recipe is not None
    calm_threads()
    try:
        from zoo_bench.evaluation.score import Scoring  # imports torch
        from zoo_bench.run.bench import run_bench  # imports torch
        from zoo_bench.run.options import RunOptions

        _wait_for_predecessor(folder)
        begun = folder.recipe.exists() and bool(folder.load_provenance().dataset_sha256)
        if not begun:
            folder.save_recipe(cell.recipe, cell.provenance)
        weights = scoring["weights"] and Path(scoring["weights"])
        record = run_bench(
            folder.load_recipe(),
            folder.load_provenance(),
            folder,
            discover(),
            RunOptions(
                scoring=Scoring(
                    scoring["extractor"],
                    weights,
                    scoring["samples"],
                    scoring.get("score_every", 0),
                    scoring.get("judge", ""),
                ),
                checkpoint_every=scoring["checkpoint_every"],
                on_trouble=scoring.get("on_trouble", "warn"),
                observers=[Chosen(**each) for each in scoring.get("observers", ())],
            ),
            resume=begun,
            overwrite=not begun,
        )
        return record["state"], ""
    except KeyboardInterrupt:
        return "stopped", ""
    except (ZooError, RunFailure) as error:
        return "failed", str(error)
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        traceback.print_exc()
        return "failed", cause(error)
