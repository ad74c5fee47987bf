"""`zoo eval`: score a trained model, or a folder of images. Imports torch only once the options are known to be good."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_bench.data.named import path_is_folder
from zoo_bench.flags import flag, flags_of
from zoo_bench.plan import colour
from zoo_bench.run.threads import calm_threads
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover

if TYPE_CHECKING:
    from zoo_bench.evaluation.evaluate import Evaluation
    from zoo_bench.evaluation.judged import Judged


@dataclass(frozen=True)
class EvalOptions:
    """What is typed after `zoo eval REF`; None and empty stand for what the model or the folder itself says."""

    dataset: str | None = flag(
        "--dataset",
        callback=path_is_folder,
        help="What to compare with: a dataset's name, folder:PATH or ./PATH. A run knows its own.",
    )
    against: Path | None = flag(
        "--against", type=click.Path(path_type=Path), metavar="FOLDER", help="The same as --dataset folder:FOLDER."
    )
    settings: tuple[str, ...] = flag("--set", multiple=True, metavar="KEY=VALUE", help="An option of the dataset.")
    extractor: str = flag("--extractor", default="sprites", help="Feature space: sprites, inception, timm/MODEL ...")
    extractor_weights: Path | None = flag(
        "--extractor-weights", type=click.Path(path_type=Path), help="File of the extractor's weights."
    )
    second: str = flag("--judge", default="squeezenet", help="Another extractor, to judge as well; none: no other.")
    samples: int | None = flag(
        "--samples", type=click.IntRange(2), help="Images to draw from a model. The default: one per training image."
    )
    size: int | None = flag(
        "--size", type=click.IntRange(8, 1024), help="Height and width. The default: the model's, or the images'."
    )
    labels: str = flag(
        "--labels",
        default="",
        show_default=False,
        metavar="NAME[,NAME]",
        help="Labels to compare by. The default for a model: its own.",
    )
    background: str | None = flag("--background", help="Colour behind transparent pixels. The default: the model's, or white.")
    seed: int = flag("--seed", default=0, help="Of subsets, permutations and groups.")
    device: str = flag("--device", default="auto", type=click.Choice(("auto", "cpu", "cuda", "mps")), help="Where.")
    out: Path | None = flag(
        "--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write report.json and nearest.png there."
    )
    as_json: bool = flag("--json", is_flag=True, help="Print the report as JSON on stdout, and nothing else there.")


@click.command("eval")
@click.argument("reference", metavar="REF")
@flags_of(EvalOptions)
def eval_command(reference: str, **values: Any) -> None:
    """Score REF: a run, a model, or a folder of images.

    \b
    zoo eval runs/palette_gan-colorpicker-creatures-32-s0
    zoo eval some/model --dataset creatures
    zoo eval generated/images --against real/images
    """
    options = EvalOptions(**values)
    if options.dataset and options.against:
        raise ZooError("--dataset and --against say the same; type one of them")
    background = colour(options.background) if options.background else None
    check_out(options.out)
    calm_threads()
    from zoo_bench.evaluation.nearest_figure import nearest_figure  # imports torch
    from zoo_bench.evaluation.table import lines
    from zoo_core.files import write_json
    from zoo_core.pictures.grid import write_png

    judged, report = measured(reference, options, background)
    content = {**report.to_json(), "reference": reference}
    content["scores"] += judged.more
    content["warnings"] = [*judged.warnings, *content["warnings"]]
    for line in lines(content):
        click.echo(line, err=options.as_json)
    if options.out is not None:
        _make(options.out)
        write_json(options.out / "report.json", content)
        figure = nearest_figure(judged.images, judged.fakes, report.closest, judged.background)
        if figure is not None:
            write_png(figure, options.out / "nearest.png")
        click.echo(f"report: {options.out / 'report.json'}", err=options.as_json)
    if options.as_json:
        click.echo(json.dumps(content))


def measured(reference: str, options: EvalOptions, background: tuple[int, int, int] | None) -> tuple[Judged, Evaluation]:
    """(what was compared, the scores)."""
    from zoo_bench.evaluation.evaluate import METRICS, evaluate, with_second  # imports torch and torch-fidelity
    from zoo_bench.evaluation.extractors import open_extractor
    from zoo_bench.evaluation.judged import Comparison, judge
    from zoo_bench.evaluation.score import plugin_metrics
    from zoo_bench.run.hardware import pick_device

    wanted = Comparison(
        dataset=f"folder:{options.against}" if options.against else options.dataset,
        settings=options.settings,
        samples=options.samples,
        size=options.size,
        labels=tuple(name for name in options.labels.split(",") if name),
        background=background,
    )
    catalog, device = discover(), pick_device(options.device)
    extractor = open_extractor(options.extractor, options.extractor_weights, device)  # a wrong name is said before it draws
    second = None if options.second == "none" else open_extractor(options.second, None, device)
    judged = judge(reference, wanted, catalog, device)
    metrics = {**METRICS, **plugin_metrics(catalog)}
    report = evaluate(
        judged.images,
        judged.fakes,
        extractor=extractor,
        background=judged.background,
        seed=options.seed,
        fake_labels=judged.labels,
        name=judged.dataset,
        metrics=metrics,
    )
    if second:
        report = with_second(report, second, judged.images, judged.fakes, judged.background)
    return judged, report


def check_out(folder: Path | None) -> None:
    """Raises ZooError if a file is in the way."""
    file = next((place for place in (folder, *folder.parents) if place.is_file()), None) if folder is not None else None
    if file is not None:
        raise ZooError(f"--out {folder}: {file} is a file; type --out with the name of a folder")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ZooError(f"cannot make {folder}: {error.strerror}; type --out with a folder you may write to") from error
