"""`zoo data`: what is in a set of images, and packed copies of it. Imports neither torch nor, before it works, numpy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from zoo_core.errors import RunFailure

if TYPE_CHECKING:
    from zoo_bench.data.checkup import Checkup


@click.group("data")
def data() -> None:
    """Look at a set of images before training on it.

    \b
    zoo data check pictures
    """


@data.command("check")
@click.argument("folder", metavar="FOLDER")
@click.option("--size", type=click.IntRange(8, 1024), help="Height and width that you mean to train at.")
@click.option("--held-out", default=0.1, type=click.FloatRange(0, 0.5), help="Part held out where no split is stated.")
@click.option("--strict", is_flag=True, help="End with exit code 1 if there is a warning.")
@click.option("--json", "as_json", is_flag=True, help="Print all facts as JSON on stdout, and nothing else there.")
def check_command(folder: str, size: int | None, held_out: float, strict: bool, as_json: bool) -> None:
    """Say what is in FOLDER: sizes, colours, labels, duplicates, the split, and what is wrong with them.

    Every image is decoded once, nothing is changed. FOLDER is what --dataset folder:FOLDER takes.
    """
    from zoo_bench.data.advice import warnings
    from zoo_bench.data.checkup import check
    from zoo_bench.data.folder import sample
    from zoo_bench.data.look import look_at
    from zoo_bench.data.options import FolderOptions
    from zoo_bench.data.resize import is_pixel_art
    from zoo_bench.data.scan import scan

    listing = scan(folder.removeprefix("folder:"))
    most = FolderOptions().max_pixels
    looks, bad = look_at(listing.root, listing.files, most)
    pixel_art = is_pixel_art(sample(listing.root, listing.files, most))
    found = check(str(listing.root), listing.attributes, looks, (*listing.skipped, *bad), pixel_art, held_out)
    advice = warnings(found, size)
    if as_json:
        click.echo(json.dumps({**found.to_json(), "warnings": advice}, ensure_ascii=False))
    else:
        click.echo("\n".join(_page(found, advice)))
    if strict and advice:
        raise RunFailure(f"{folder}: {len(advice)} warnings")


def _page(found: Checkup, advice: list[str]) -> list[str]:
    from zoo_bench.data.checkup_text import facts
    from zoo_core.cli.listing import columns

    rows = [*facts(found), *(("warning", line) for line in advice)]
    return columns(rows if advice else [*rows, ("", "nothing to warn of")], indent=0)
