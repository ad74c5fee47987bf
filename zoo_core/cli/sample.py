"""`zoo sample`: pictures from a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.catalog import discover
from zoo_core.errors import ZooError

if TYPE_CHECKING:
    from torch import Tensor

    from zoo_core.bundle import Bundle

COUNT, COUNT_PER_GUIDE = 64, 7  # 7 and the guide itself are a row of 8


@click.command("sample")
@click.argument("reference", metavar="REF", type=click.Path(path_type=Path))
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1, 100_000),
    help=f"Number of images, for each guide if there are any. The default: {COUNT}, {COUNT_PER_GUIDE} with guides.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed gives other images.")
@click.option(
    "-o", "--out", default="samples.png", show_default=True, type=click.Path(path_type=Path), help="Picture to write."
)
@click.option("--labels", multiple=True, metavar="NAME=VALUE", help="What to draw, for models with labels; repeatable.")
@click.option(
    "--guide",
    "guides",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A drawing to follow, PNG or JPEG, for models trained with guides; repeatable.",
)
@click.option("--columns", type=click.IntRange(1), help="Images per row. The default: a near-square picture.")
@click.option("--scale", default=1, show_default=True, type=click.IntRange(1, 16), help="Enlarge every pixel.")
def sample_command(
    reference: Path,
    count: int | None,
    seed: int,
    out: Path,
    labels: tuple[str, ...],
    guides: tuple[Path, ...],
    columns: int | None,
    scale: int,
) -> None:
    """Draw a grid of images with the model in folder REF (a run or a model folder).

    With guides, every row begins with the lines that were found in a drawing, and goes on with images that follow them.

    \b
    zoo sample runs/wgan_gp-colorpicker-creatures-32-s0 -n 16 --scale 4
    zoo sample runs/cgan-transposed-creatures-32-s0 --guide drawing.png --scale 4
    """
    if out.suffix.lower() != ".png":
        raise ZooError(f"-o {out}: pictures are written as PNG; type -o {out.with_suffix('.png')}")
    from zoo_core.bundle import labels_tensor, load_bundle  # imports torch
    from zoo_core.grid import grid, write_png

    bundle = load_bundle(reference, discover())
    if guides and not bundle.space.guide:
        raise ZooError(f"--guide {guides[0]}: this model takes no guide; leave the option out")
    if bundle.space.guide and not guides:
        raise ZooError("this model follows lines; type --guide drawing.png, a drawing of any size")
    count = count or (COUNT_PER_GUIDE if guides else COUNT)
    total = count * max(1, len(guides))
    chosen = labels_tensor(bundle.space, labels, total, seed) if labels else None
    if guides:
        pixels = _guided(bundle, guides, count, seed, chosen)
        columns = columns or count + 1
    else:
        pixels = bundle.sample(count, seed, chosen)
    red, green, blue = bundle.config["background"]
    write_png(grid(pixels.permute(0, 2, 3, 1).numpy(), columns, scale, (red, green, blue)), out)
    click.echo(f"{total} images -> {out}")


def _guided(bundle: Bundle, drawings: tuple[Path, ...], count: int, seed: int, labels: Tensor | None) -> Tensor:
    """(len(drawings) * (1 + count), C, H, W) uint8: each drawing as it was understood, then its images."""
    import torch

    from zoo_core.drawing import read_drawing

    space, (_, thin) = bundle.space, bundle.edges
    lines = torch.cat([read_drawing(drawing, space.size, thin) for drawing in drawings])
    # The same latents for every drawing: a column has what they do, a row what its lines do.
    rows = []
    for place, line in enumerate(lines):
        asked = None if labels is None else labels[place * count : (place + 1) * count]
        shown = (255 - 255 * line).to(torch.uint8).repeat(space.channels, 1, 1)
        if space.channels == 4:
            shown[3] = 255
        rows += [shown[None], bundle.sample(count, seed, asked, line.expand(count, -1, -1, -1))]
    return torch.cat(rows)
