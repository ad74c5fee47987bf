"""`zoo eval`: score a trained model, or a folder of images. Imports torch only once the options are known to be good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from zoo_bench.data.named import path_is_folder
from zoo_bench.plan import colour
from zoo_bench.run.threads import calm_threads
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover


@click.command("eval")
@click.argument("reference", metavar="REF")
@click.option(
    "--dataset",
    callback=path_is_folder,
    help="What to compare with: a dataset's name, folder:PATH or ./PATH. A run knows its own.",
)
@click.option("--against", type=click.Path(path_type=Path), metavar="FOLDER", help="The same as --dataset folder:FOLDER.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="An option of the dataset.")
@click.option("--extractor", default="sprites", show_default=True, help="Feature space: sprites, inception, timm/MODEL ...")
@click.option("--extractor-weights", type=click.Path(path_type=Path), help="File of the extractor's weights.")
@click.option("--samples", type=click.IntRange(2), help="Images to draw from a model. The default: one per training image.")
@click.option("--size", type=click.IntRange(8, 1024), help="Height and width. The default: the model's, or the images'.")
@click.option("--labels", default="", metavar="NAME[,NAME]", help="Labels to compare by. The default for a model: its own.")
@click.option("--background", help="Colour behind transparent pixels. The default: the model's, or white.")
@click.option("--seed", default=0, show_default=True, help="Of subsets, permutations and groups.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(("auto", "cpu", "cuda", "mps")), help="Where.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write report.json and nearest.png there.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout, and nothing else there.")
def eval_command(reference: str, **given: Any) -> None:
    """Score REF: a run, a model, or a folder of images.

    \b
    zoo eval runs/wgan_gp-colorpicker-creatures-32-s0
    zoo eval some/model --dataset creatures
    zoo eval generated/images --against real/images
    """
    if given["dataset"] and given["against"]:
        raise ZooError("--dataset and --against say the same; type one of them")
    background = colour(given["background"]) if given["background"] else None
    folder = given["out"]
    file = next((place for place in (folder, *folder.parents) if place.is_file()), None) if folder is not None else None
    if file is not None:
        raise ZooError(f"--out {folder}: {file} is a file; type --out with the name of a folder")
    calm_threads()
    from zoo_bench.evaluation.evaluate import METRICS, evaluate  # imports torch and torch-fidelity
    from zoo_bench.evaluation.extractors import open_extractor
    from zoo_bench.evaluation.judged import Comparison, judge
    from zoo_bench.evaluation.nearest_figure import nearest_figure
    from zoo_bench.evaluation.score import plugin_metrics
    from zoo_bench.evaluation.table import lines
    from zoo_bench.run.hardware import pick_device
    from zoo_core.files import write_json
    from zoo_core.pictures.grid import write_png

    catalog = discover()
    device = pick_device(given["device"])
    wanted = Comparison(
        dataset=f"folder:{given['against']}" if given["against"] else given["dataset"],
        settings=given["settings"],
        samples=given["samples"],
        size=given["size"],
        labels=tuple(name for name in given["labels"].split(",") if name),
        background=background,
    )
    extractor = open_extractor(
        given["extractor"], given["extractor_weights"], device
    )  # a wrong name is said before anything is drawn
    judged = judge(reference, wanted, catalog, device)
    report = evaluate(
        judged.images,
        judged.fakes,
        extractor=extractor,
        background=judged.background,
        seed=given["seed"],
        fake_labels=judged.labels,
        name=judged.dataset,
        metrics={**METRICS, **plugin_metrics(catalog)},
    )
    content = {**report.to_json(), "reference": reference}
    content["scores"] += judged.more
    content["warnings"] = [*judged.warnings, *content["warnings"]]
    for line in lines(content):
        click.echo(line, err=given["as_json"])
    if folder is not None:
        _make(folder)
        write_json(folder / "report.json", content)
        figure = nearest_figure(judged.images, judged.fakes, report.closest, judged.background)
        if figure is not None:
            write_png(figure, folder / "nearest.png")
        click.echo(f"report: {folder / 'report.json'}", err=given["as_json"])
    if given["as_json"]:
        click.echo(json.dumps(content))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ZooError(f"cannot make {folder}: {error.strerror}; type --out with a folder you may write to") from error
