"""`zoo runs`: what lies in the folder of runs, and what of it can go. Imports neither torch nor numpy."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.filesize import decimal

from zoo_bench.records.inside import lies_in, remove
from zoo_bench.records.listing import disk_size, listed, removable, run_folders
from zoo_bench.records.lock import locked
from zoo_bench.words import duration, plural
from zoo_core.cli.listing import columns


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

    Models, samples, scores and reports stay. A run that a process works on is left alone, and so is what a link leads to.
    """
    total, root = 0, root or context.obj
    for path in run_folders(root):
        if not lies_in(root, path):
            continue
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
                    remove(item)
    if yes or not total:
        click.echo(f"removed {decimal(total)}" if total else "nothing to remove")
    else:
        click.echo(f"that would free {decimal(total)}; to remove it, type --yes after clean")


def _percent(progress: float | None) -> str:
    return "" if progress is None else f"{progress:.0%}"
