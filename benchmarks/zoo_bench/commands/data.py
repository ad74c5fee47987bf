"""`zoo data`: what is in a set of images, and packed copies of it. Imports neither torch nor, before it works, numpy."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.errors import RunFailure, ZooError

if TYPE_CHECKING:
    from zoo_bench.data.checkup import Checkup


@click.group("data")
def data() -> None:
    """Look at a set of images before training on it, and make packed copies.

    \b
    zoo data check pictures
    zoo data make pictures packed/pictures-64 --size 64
    """


@data.command("check")
@click.argument("folder", metavar="FOLDER")
@click.option("--size", type=click.IntRange(8, 1024), help="Height and width that you mean to train at.")
@click.option("--held-out", default=0.1, type=click.FloatRange(0, 0.5), help="Part held out where no split is stated.")
@click.option("--strict", is_flag=True, help="End with exit code 1 if there is a warning.")
@click.option("--json", "as_json", is_flag=True, help="Print all facts as JSON on stdout, and nothing else there.")
def check_command(folder: str, size: int | None, held_out: float, strict: bool, as_json: bool) -> None:
    """Say what is in FOLDER: sizes, colours, labels, duplicates, the split, and what is wrong with them.

    Every image is decoded once, nothing is changed. FOLDER is what --dataset folder:FOLDER takes, or hub:user/name.
    """
    from zoo_bench.data.advice import warnings
    from zoo_bench.data.checkup import check
    from zoo_bench.data.folder import sample
    from zoo_bench.data.look import look_at
    from zoo_bench.data.options import FolderOptions
    from zoo_bench.data.resize import is_pixel_art
    from zoo_bench.data.scan import scan

    listing = scan(_on_disk(folder))
    most = FolderOptions().max_pixels
    looks, bad = look_at(listing.root, listing.files, most)
    pixel_art = is_pixel_art(sample(listing.root, listing.files, most))
    found = check(str(listing.root), listing.attributes, looks, (*listing.tables, *listing.skipped, *bad), pixel_art, held_out)
    advice = warnings(found, size)
    if as_json:
        click.echo(json.dumps({**found.to_json(), "no_labels": dict(listing.lost), "warnings": advice}, ensure_ascii=False))
    else:
        click.echo("\n".join(_page(found, listing.lost, advice)))
    if strict and advice:
        raise RunFailure(f"{folder}: {len(advice)} warnings")


@data.command("make")
@click.argument("source", metavar="SOURCE")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option("--size", type=int, required=True, help="Height and width of the images in pixels.")
@click.option("--channels", default=3, show_default=True, help="1 grey, 3 RGB, 4 RGB with alpha.")
@click.option("--background", default="white", show_default=True, help="Colour behind transparent pixels.")
@click.option("--sheet", metavar="WxH[+GAP[+BORDER]]", help="SOURCE is a sprite sheet, or a folder of them: cut such tiles.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="An option of the dataset.")
def make_command(
    source: str, out: Path, size: int, channels: int, background: str, sheet: str | None, settings: tuple[str, ...]
) -> None:
    """Decode SOURCE once and write a packed copy to the new folder OUT, for --dataset packed:OUT.

    \b
    zoo data make pictures packed/pictures-64 --size 64
    zoo data make sheet.png packed/sprites --size 32 --sheet 32x32
    zoo data make hub:user/name packed/name --size 64

    SOURCE is a folder, a sheet, or a dataset's name. Labels and the split come along.
    """
    from zoo_bench.data.named import open_dataset
    from zoo_bench.data.packed import pack
    from zoo_bench.data.sheets import cut, tile_of
    from zoo_bench.plan import colour
    from zoo_core.registry.catalog import discover
    from zoo_core.space import CHANNELS, SIZES
    from zoo_train.plan import split_settings

    behind, tile = colour(background), tile_of(sheet) if sheet else None
    if not SIZES[0] <= size <= SIZES[1] or channels not in CHANNELS:
        raise ZooError(f"--size must be from {SIZES[0]} to {SIZES[1]}, --channels one of {', '.join(map(str, CHANNELS))}")
    if out.exists():
        raise ZooError(f"{out} exists: type another name, or remove it")
    catalog = discover()
    with tempfile.TemporaryDirectory() as tiles:
        if tile:
            cut(Path(source).expanduser(), tile, Path(tiles))
            typed = f"folder:{tiles}"
        else:
            typed = f"folder:{source}" if Path(source).expanduser().is_dir() else source
        config = catalog.load_config(catalog.find("dataset", typed.partition(":")[0]))
        values = {key: value for _, key, value in split_settings(settings, {"dataset": config})}
        dataset = open_dataset(catalog, typed, values)[1]
        try:
            images = dataset.load(size, channels, tuple(dataset.attributes()), behind)
        except ZooError as error:  # of a folder of tiles that nobody typed
            raise ZooError(str(error).replace(tiles, f"{source} in tiles of {sheet}")) from None
        if tile:
            images = dataclasses.replace(images, note=f"cut from {Path(source).name} in tiles of {tile}")
        pack(images, out, behind)
    held = int(images.held_out.sum())
    click.echo(f"{out}: {len(images.pixels) - held:,} images to train on, {held:,} held out, {len(images.skipped):,} left out")
    click.echo(f"next: zoo bench --dataset packed:{out} --size {size}{_also(channels, background)}")


def _on_disk(typed: str) -> str:
    """The folder that is typed, or the one that a dataset of that name has its files in."""
    from zoo_bench.data.named import open_dataset
    from zoo_core.registry.catalog import discover

    name, colon, path = typed.partition(":")
    if (name == "folder" and colon) or Path(typed).expanduser().exists():
        return path if name == "folder" and colon else typed
    catalog = discover()
    if name not in {item.entry.name for item in catalog.of("dataset")}:
        return typed
    dataset = open_dataset(catalog, typed, {})[1]
    if not hasattr(dataset, "folder"):
        raise ZooError(f"{typed} has no image files to check: type a folder of images, or hub:user/name")
    return str(dataset.folder)


def _also(channels: int, background: str) -> str:
    said = (
        "" if channels == 3 else f" --channels {channels}",
        "" if background == "white" else f" --background '{background}'",
    )
    return "".join(said)


def _page(found: Checkup, lost: Mapping[str, str], advice: list[str]) -> list[str]:
    from zoo_bench.data.checkup_text import facts
    from zoo_core.cli.listing import columns
    from zoo_core.registry.names import one_line

    unfit = (("no label", f"{one_line(name, 40)} {reason}") for name, reason in sorted(lost.items()))
    rows = [*facts(found), *unfit, *(("warning", line) for line in advice)]
    return columns(rows if advice else [*rows, ("", "nothing to warn of")], indent=0)
