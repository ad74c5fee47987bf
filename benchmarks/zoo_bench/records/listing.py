"""The runs and matrices in folders, with their state and size."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zoo_bench.records.folder import RunFolder
from zoo_bench.records.inside import lies_in
from zoo_bench.records.lock import holder
from zoo_bench.records.matrix import is_matrix, load_matrix, read_status
from zoo_bench.records.run import Run, read, table
from zoo_bench.words import finite
from zoo_core.errors import ZooError

DEPTH = 4  # of folders below the one that is listed
TEMPORARY = ".*.tmp"  # what zoo_core.files leaves where a process was killed


@dataclass(frozen=True)
class Listed:
    """One run, or one cell of a matrix that has not begun.

    state     running, finished, failed, waiting (not begun) or stopped (--resume goes on with it).
    progress  share of the budget that is trained, 0..1; None while it is unknown.
    size      bytes on disk.
    age       seconds since something was last written.
    note      why a cell failed.
    """

    path: Path
    state: str
    progress: float | None
    size: int
    age: float | None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def run_folders(root: Path) -> list[Path]:
    """Folders of runs and of the cells of matrices below `root`. Raises ZooError if there is no such folder."""
    if not root.is_dir():
        raise ZooError(f"there is no folder {root}; type zoo runs --in FOLDER")
    return list(_below(root, DEPTH))


def _below(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / "recipe.json").exists() or (folder / "status.json").exists():
        yield folder
        return
    cells: set[str] = set()
    if is_matrix(folder):
        with contextlib.suppress(ZooError):  # a damaged one still has the folders of its cells
            cells = {cell.name for cell in load_matrix(folder).possible}
    with contextlib.suppress(PermissionError):
        inner = {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}
        for name in sorted(cells | inner):
            if name in cells:
                yield folder / name
            elif depth > 1:
                yield from _below(folder / name, depth - 1)


def listed(path: Path) -> Listed:
    """What can be said of a run from its files. A cell that has no folder yet is waiting."""
    if not path.is_dir():
        return Listed(path, "waiting", 0.0, 0, None)
    run, status = read(path), read_status(path)
    elsewhere = status["state"] == "running" and status.get("host") != platform.node()
    if holder(path) or elsewhere:
        state = "running"
    elif status["state"] == "failed":
        state = "failed"
    elif table(run.report, "training").get("state") == "finished":
        state = "finished"
    else:
        state = "stopped" if run.metrics or status["starts"] else "waiting"
    progress = 1.0 if state == "finished" else _progress(run)
    return Listed(path, state, progress, disk_size(path), _age(path), status["error"] if state == "failed" else "")


def removable(path: Path, unfinished: bool) -> list[Path]:
    """What `zoo runs clean` removes of a run, [path] for all of it."""
    state = listed(path).state
    if state in ("running", "waiting"):
        return []
    if state != "finished" and unfinished:
        return [path]
    checkpoints = RunFolder(path).checkpoints
    done = [checkpoints] if state == "finished" and checkpoints.is_dir() and not checkpoints.is_symlink() else []
    return [*done, *(found for found in sorted(path.rglob(TEMPORARY)) if lies_in(path, found))]


def disk_size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder. What vanishes meanwhile counts nothing."""
    total = 0
    for item in [path, *path.rglob("*")]:
        with contextlib.suppress(OSError):
            total += item.stat(follow_symlinks=False).st_size if not item.is_dir() else 0
    return total


def _progress(run: Run) -> float | None:
    """From the budget and the last line of the curves."""
    last = run.metrics[-1] if run.metrics else {}
    spent = {"steps": last.get("iteration"), "images": last.get("images"), "minutes": last.get("seconds")}
    for name, budget in table(run.recipe, "budget").items():
        goal, done = finite(budget), finite(spent.get(name, 0))
        if goal:
            return min(1.0, (done or 0.0) / (goal * (60 if name == "minutes" else 1)))
    return None


def _age(path: Path) -> float | None:
    newest = max((item.stat().st_mtime for item in path.iterdir() if item.is_file()), default=None)
    return None if newest is None else max(0.0, time.time() - newest)
