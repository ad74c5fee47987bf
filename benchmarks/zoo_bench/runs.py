"""`zoo runs`: what lies in the folder of runs, and what of it can go. Imports neither torch nor numpy."""

from __future__ import annotations

import contextlib
import json
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal

from zoo_bench.lock import holder, locked
from zoo_bench.matrix.folder import is_matrix, load_matrix, read_status
from zoo_bench.report.run import Run, read, table
from zoo_bench.report.text import duration, finite, plural
from zoo_bench.run_folder import RunFolder
from zoo_core.cli.listing import columns
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


@click.group("runs", invoke_without_command=True)
@click.option(
    "--in", "root", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Folder to look in."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list with one object per run.")
@click.pass_context
def runs(context: click.Context, root: Path, as_json: bool) -> None:
    """List runs with their state, progress and size.

    \b
    zoo runs
    zoo runs clean --in experiments --yes
    """
    context.obj = root
    if context.invoked_subcommand:
        return
    found = [listed(path) for path in run_folders(root)]
    if as_json:
        click.echo(json.dumps([item.to_json() for item in found]))
        return
    if not found:
        click.echo(f"no runs in {root}")
        return
    rows = [("run", "done", "size", "written", "state")]
    for item in found:
        written = "" if item.age is None else f"{duration(item.age)} ago"
        state = f"failed: {item.note}" if item.note else item.state
        rows.append((str(item.path.relative_to(root)), _percent(item.progress), decimal(item.size), written, state))
    click.echo("\n".join(columns(rows, indent=0)))
    click.echo(f"{plural(len(found), 'run')}, {decimal(sum(item.size for item in found))}")


@runs.command("clean")
@click.option("--in", "root", type=click.Path(path_type=Path), help="Folder to look in.  [default: runs]")
@click.option("--unfinished", is_flag=True, help="Remove runs that stopped or failed, too, with all that they hold.")
@click.option("--yes", is_flag=True, help="Remove it; without, only say what would go.")
@click.pass_context
def clean(context: click.Context, root: Path | None, unfinished: bool, yes: bool) -> None:
    """Remove what finished runs need no more: their checkpoints, and temporary files that killed ones left.

    Models, samples, scores and reports stay. A run that a process works on is left alone.
    """
    total = 0
    for path in run_folders(root or context.obj):
        gone = removable(path, unfinished)
        if not gone:
            continue
        freed = sum(map(disk_size, gone))
        total += freed
        names = "the whole run" if gone == [path] else ", ".join(sorted({item.name for item in gone}))
        click.echo(f"{path}: {names}, {decimal(freed)}")
        if yes:
            with locked(path):
                for item in gone:
                    shutil.rmtree(item) if item.is_dir() else item.unlink(missing_ok=True)
    if yes or not total:
        click.echo(f"removed {decimal(total)}" if total else "nothing to remove")
    else:
        click.echo(f"that would free {decimal(total)}; to remove it, type --yes after clean")


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
    return [*([checkpoints] if state == "finished" and checkpoints.is_dir() else []), *sorted(path.rglob(TEMPORARY))]


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


def _percent(progress: float | None) -> str:
    return "" if progress is None else f"{progress:.0%}"
