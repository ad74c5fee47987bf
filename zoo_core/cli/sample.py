"""`zoo sample`: pictures from a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from zoo_core.errors import ZooError
from zoo_core.model.device import DEVICES
from zoo_core.pictures.animation import FORMATS
from zoo_core.registry.catalog import discover
from zoo_core.registry.names import one_line

COUNT, COUNT_PER_GUIDE = 64, 7  # 7 and the guide itself are a row of 8
FRAMES, FRAMES_ANIMATED = 8, 24
TO_FOLDER = 512  # images that are drawn before they are written


@dataclass(frozen=True)
class Options:
    """What is typed after `zoo sample REF`."""

    count: int | None
    seed: int
    out: Path
    labels: tuple[str, ...]
    guides: tuple[Path, ...]
    truncation: float | None
    interpolate: list[int] | None
    frames: int | None
    fps: float
    columns: int | None
    scale: int
    transparent: bool
    device: str
    allow_large: bool


def _seeds(ctx: click.Context, param: click.Parameter, value: str | None) -> list[int] | None:
    if value is None:
        return None
    try:
        seeds = [int(word) for word in value.split(",")]
    except ValueError:
        seeds = []
    if len(seeds) < 2:
        raise click.BadParameter("type two seeds or more: 0,1 or 3,5,8")
    return seeds


@click.command("sample")
@click.argument("reference", metavar="REF")
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1, 100_000),
    help=f"Number of images, for each guide if there are any. The default: {COUNT}, {COUNT_PER_GUIDE} with guides, "
    "1 between seeds.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed gives other images.")
@click.option(
    "-o",
    "--out",
    default="samples.png",
    show_default=True,
    type=click.Path(path_type=Path),
    help="A .png for one picture; a .gif or .apng between seeds; a folder for one PNG per image.",
)
@click.option("--labels", multiple=True, metavar="NAME=VALUE", help="What to draw, for models with labels; repeatable.")
@click.option(
    "--guide",
    "guides",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A drawing to follow, PNG or JPEG, for models trained with guides; repeatable.",
)
@click.option("--truncation", type=float, metavar="T", help="Keep latents within T of 0: fewer oddities, less variety.")
@click.option("--interpolate", metavar="SEED,SEED...", callback=_seeds, help="Draw the way from seed to seed.")
@click.option(
    "--frames",
    type=click.IntRange(2, 1000),
    help=f"Images from one seed to the next. The default: {FRAMES}, {FRAMES_ANIMATED} in a .gif or .apng.",
)
@click.option("--fps", default=12.0, show_default=True, type=click.FloatRange(0.1, 50), help="Frames per second.")
@click.option("--columns", type=click.IntRange(1), help="Images per row. The default: a near-square picture.")
@click.option("--scale", default=1, show_default=True, type=click.IntRange(1, 16), help="Enlarge every pixel.")
@click.option("--transparent", is_flag=True, help="Keep transparency, where the model draws it.")
@click.option("--device", default="cpu", show_default=True, type=click.Choice(DEVICES), help="Where to draw.")
@click.option("--allow-large", is_flag=True, help="Load a model of any size, which may take all memory.")
def sample_command(reference: str, **typed: Any) -> None:
    """Draw images with the model REF: a run, a model folder, or user/repo[@revision] of the Hub.

    With guides, every row begins with the lines that were found in a drawing, and goes on with images that follow them.

    \b
    zoo sample user/repo -n 16 --labels type=fire
    zoo sample user/repo --interpolate 0,1,2 -o walk.gif --scale 4
    zoo sample runs/my-run --guide drawing.png
    """
    options = Options(**typed)
    kind = _kind(options.out)
    _check_moving(options, kind)
    wanted = _settings(options.labels)
    from zoo_core.model.device import pick_device
    from zoo_core.model.hub import load
    from zoo_core.pictures.drawn import Sheet, animate, read_guides, to_folder, to_picture  # imports torch

    seeds, frames, out = options.interpolate, options.frames, options.out
    bundle = load(reference, device=pick_device(options.device), allow_large=options.allow_large, catalog=discover())
    if options.transparent and bundle.space.channels != 4:
        raise ZooError("--transparent: this model draws no transparency; leave the option out")
    sheet = Sheet(
        bundle=bundle,
        labels=wanted,
        guides=read_guides(bundle, options.guides),
        count=options.count or (1 if seeds else COUNT_PER_GUIDE if options.guides else COUNT),
        seed=options.seed,
        truncation=options.truncation,
        background=None if options.transparent else bundle.background,
        columns=options.columns,
        scale=options.scale,
    )
    if kind in FORMATS:
        count = animate(sheet, seeds or [], frames or FRAMES_ANIMATED, options.fps, out)
    elif kind == "folder":
        count = to_folder(sheet, seeds, frames or FRAMES, out, TO_FOLDER)
    else:
        count = to_picture(sheet, seeds, frames or FRAMES, out)
    click.echo(f"{count} images{f' of {bundle.source}' if bundle.source else ''} -> {out}")


def _check_moving(options: Options, kind: str) -> None:
    """Raises ZooError for what goes from seed to seed, without seeds."""
    if options.interpolate:
        return
    if kind in FORMATS:
        raise ZooError(
            f"-o {options.out}: what moves goes from seed to seed; "
            f"type --interpolate 0,1,2, or -o {options.out.with_suffix('.png')}"
        )
    if options.frames is not None:
        raise ZooError("--frames counts the images from seed to seed; type --interpolate 0,1,2, or leave it out")


def _kind(out: Path) -> str:
    """ ".png", a suffix of an animation, or "folder". Raises ZooError for other files."""
    suffix = out.suffix.lower()
    if out.is_dir() or not suffix:
        return "folder"
    if suffix != ".png" and suffix not in FORMATS:
        raise ZooError(
            f"-o {out}: pictures are written as PNG, GIF or APNG, or into a folder; type -o {out.with_suffix('.png')}"
        )
    return suffix


def _settings(wanted: Sequence[str]) -> dict[str, str]:
    """("type=fire", "body=round") -> {"type": "fire", "body": "round"}. Raises ZooError for what has no = or comes twice."""
    found: dict[str, str] = {}
    for setting in wanted:
        name, equals, value = setting.partition("=")
        if not equals or name in found:
            raise ZooError(f"--labels {one_line(setting, 80)}: type NAME=VALUE, each name once")
        found[name] = value
    return found
