"""`zoo report`: the page of a run, or one page of many. Imports neither torch nor numpy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from zoo_core.errors import ZooError

NAME = "report.html"


@click.command("report")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="RUN...")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="The page to write, a name ending in .html.")
def report(runs: Sequence[Path], out: Path | None) -> None:
    """Write one HTML file that shows runs side by side and needs nothing but itself.

    \b
    zoo report runs/wgan_gp-* runs/dcgan-* -o compared.html
    zoo report runs/matrix-creatures-32-43d250

    RUN is the folder of a run, of a matrix (all its cells), of a report that zoo eval --out wrote, or a folder with such in it.
    A single run gets the page that zoo bench writes at its end. Without -o the page is report.html, in the folder if there is
    one, else here.
    """
    if not runs:
        raise ZooError("no run is named; type zoo report RUN..., for example zoo report runs/*")
    page = out or (runs[0] / NAME if len(runs) == 1 else Path(NAME))
    if page.suffix != ".html" or page.is_dir():
        raise ZooError(f"-o {page} must be a file that ends in .html; type -o {page.with_suffix('').name or 'report'}.html")
    if out and not page.parent.is_dir():
        raise ZooError(f"there is no folder {page.parent}; make it, or type -o with another name")
    if len(runs) == 1 and (runs[0] / "recipe.json").exists():
        from zoo_bench.report.page import render

        click.echo(f"report: {render(runs[0], page)}")
        return
    from zoo_bench.report.board import render_board

    board = render_board(runs, page)
    for item in board.absent:
        click.echo(f"{item.name}: {item.state}{': ' if item.why else ''}{item.why}", err=True)
    click.echo(f"report: {page}")
