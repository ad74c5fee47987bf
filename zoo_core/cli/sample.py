"""`zoo sample`: pictures from a trained model."""

from __future__ import annotations

from pathlib import Path

import click

from zoo_core.catalog import discover
from zoo_core.errors import ZooError


@click.command("sample")
@click.argument("reference", metavar="REF", type=click.Path(path_type=Path))
@click.option("-n", "--count", default=64, show_default=True, type=click.IntRange(1, 100_000), help="Number of images.")
@click.option("--seed", default=0, show_default=True, help="Another seed gives other images.")
@click.option(
    "-o", "--out", default="samples.png", show_default=True, type=click.Path(path_type=Path), help="Picture to write."
)
@click.option("--labels", multiple=True, metavar="NAME=VALUE", help="What to draw, for models with labels; repeatable.")
@click.option("--columns", type=click.IntRange(1), help="Images per row. The default: a near-square picture.")
@click.option("--scale", default=1, show_default=True, type=click.IntRange(1, 16), help="Enlarge every pixel.")
def sample_command(
    reference: Path, count: int, seed: int, out: Path, labels: tuple[str, ...], columns: int | None, scale: int
) -> None:
    """Draw a grid of images with the model in folder REF (a run or a model folder).

    \b
    zoo sample runs/wgan_gp-colorpicker-creatures-32-s0 -n 16 --scale 4
    """
    if out.suffix.lower() != ".png":
        raise ZooError(f"-o {out}: pictures are written as PNG; type -o {out.with_suffix('.png')}")
    from zoo_core.bundle import labels_tensor, load_bundle  # imports torch
    from zoo_core.grid import grid, write_png

    bundle = load_bundle(reference, discover())
    chosen = labels_tensor(bundle.space, labels, count, seed) if labels else None
    pixels = bundle.sample(count, seed, chosen).permute(0, 2, 3, 1).numpy()
    red, green, blue = bundle.config["background"]
    write_png(grid(pixels, columns, scale, (red, green, blue)), out)
    click.echo(f"{count} images -> {out}")
