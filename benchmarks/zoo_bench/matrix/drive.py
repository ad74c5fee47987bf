"""Keep an executor busy with cells until none is left: each that was lost is started again, one that failed is left alone."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from pathlib import Path

from zoo_bench.records.matrix import Cell, cell_folder, read_status, write_status
from zoo_bench.records.table import headline
from zoo_bench.run.signals import stop_on_signal
from zoo_bench.words import duration
from zoo_core.executors import Executor, Job

STARTS = 3  # of a cell whose process is lost, before it counts as failed
POLL = 0.2  # seconds


def drive(folder: Path, cells: Iterable[Cell], executor: Executor, at_once: int, say: Callable[[str], None]) -> bool:
    """Run `cells`, at most `at_once` at a time. Returns False if Ctrl-C or SIGTERM ended it; the cells have then saved.

    A second Ctrl-C raises KeyboardInterrupt.
    """
    # By seed first, so that a matrix which is stopped early still compares all its models.
    waiting = deque(sorted(cells, key=lambda cell: cell.seed))
    running: dict[str, Cell] = {}
    starts: Counter[str] = Counter()
    total, done = len(waiting), 0
    with stop_on_signal() as stop:
        while (waiting or running) and stop.signal is None:
            while waiting and len(running) < at_once:
                cell = waiting.popleft()
                starts[cell.name] += 1
                running[cell.name] = cell
                executor.start(job_of(folder, cell))
            for name, cause in executor.ended().items():
                cell = running.pop(name)
                state = read_status(folder / name)["state"]
                if state not in ("finished", "failed") and starts[name] < STARTS:
                    say(f"{name} was lost ({cause or 'stopped from outside'}); it goes on where it saved last")
                    waiting.appendleft(cell)
                    continue
                if state not in ("finished", "failed"):
                    lost = f"lost {STARTS} times, at last because {cause or 'it was stopped from outside'}"
                    write_status(folder / name, state="failed", error=lost)
                done += 1
                say(f"[{done}/{total}] {_ending(folder / name, name)}{_left(folder, cell, total - done, at_once)}")
            time.sleep(POLL)
        if stop.signal is not None:
            say("stopping: the cells that run save their state")
            executor.stop()
    return stop.signal is None


def job_of(folder: Path, cell: Cell) -> Job:
    """What an executor starts for a cell."""
    assert cell.recipe is not None
    place = folder.resolve()
    cell_folder(place, cell.name).mkdir(exist_ok=True)
    gpus = int(cell.recipe.device == "cuda")
    arguments = (str(place), cell.name)
    return Job(cell.name, "zoo_bench.matrix.cell:run_cell", arguments, place / cell.name, max(1, cell.recipe.threads), gpus)


def estimate(cells: int, at_once: int, minutes: float | None, overhead: float | None) -> float | None:
    """Seconds until `cells` cells are done, None while it cannot be known.

    minutes   of training per cell, None for a budget of another kind.
    overhead  seconds that a finished cell took beside its `minutes`, or in all; None without a finished cell.
    """
    if minutes is None and overhead is None:
        return None
    return math.ceil(cells / at_once) * ((minutes or 0.0) * 60 + (overhead or 0.0))


def overhead_of(folder: Path, cell: Cell) -> float | None:
    """What `estimate` wants to know of a finished cell."""
    assert cell.recipe is not None
    status = read_status(folder / cell.name)
    minutes = cell.recipe.budget.minutes or 0.0
    return max(0.0, status["seconds"] - minutes * 60) if status["state"] == "finished" else None


def _left(folder: Path, cell: Cell, left: int, at_once: int) -> str:
    assert cell.recipe is not None
    seconds = estimate(left, at_once, cell.recipe.budget.minutes, overhead_of(folder, cell))
    return f"; {left} left, about {duration(seconds)}" if left and seconds is not None else ""


def _ending(cell: Path, name: str) -> str:
    status = read_status(cell)
    if status["state"] == "failed":
        return f"{name} failed: {status['error']}"
    return f"{name} finished in {duration(status['seconds'])}{headline(cell)}"
