"""What is published of a run, as a folder: the same bytes for the same run, whether they are uploaded or only looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zoo_bench.data.load import load_images
from zoo_bench.publish.card import model_card
from zoo_bench.publish.options import Terms
from zoo_bench.publish.scrub import scrub
from zoo_bench.publish.training import trained_networks
from zoo_bench.records.folder import RunFolder
from zoo_bench.records.provenance import Provenance, recorded
from zoo_bench.records.source import CARD, ENCODER, NEAREST, RECIPE, REPORT, SAMPLES, TRAINING
from zoo_bench.samples.drawn import sample_picture
from zoo_core.errors import RunFailure, ZooError
from zoo_core.files import write_bytes, write_json
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle, load_bundle
from zoo_core.model.config import CONFIG, WEIGHTS
from zoo_core.pictures.grid import write_png
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog

OWNERS = ("skipped", "closest")  # of the report: names of files, which are their owner's


def write_folder(run: RunFolder, out: Path, repo: str, catalog: Catalog, terms: Terms) -> None:
    """Write what `zoo publish` uploads of a finished run to the empty folder `out`, the card for the name `repo`.

    Raises ZooError if the run is not finished, or if its images are needed for its guides and are not here.
    """
    recipe, provenance, report = run.load_recipe(), run.load_provenance(), finished_report(run)
    bundle = load_bundle(run.path, catalog)
    _make_empty(out)
    for name in (CONFIG, WEIGHTS, *(name for name in ENCODER if (run.model / name).exists())):
        write_bytes(out / name, (run.model / name).read_bytes())
    public = scrub(recorded(recipe, provenance))
    report = scrub({name: value for name, value in report.items() if name not in OWNERS})
    write_json(out / RECIPE, public)
    write_json(out / REPORT, report)
    write_png(sample_picture(bundle, guide_images(bundle, recipe, catalog)), out / SAMPLES)
    if (run.samples / NEAREST).exists():
        write_bytes(out / NEAREST, (run.samples / NEAREST).read_bytes())
    if terms.with_training:
        write_bytes(out / TRAINING, trained_networks(run, recipe, catalog))
    names = {path.name for path in out.iterdir()}
    weights = sum(parameter.numel() for parameter in bundle.generator.parameters())
    read = Recipe.from_json(public), Provenance.from_json(public)
    card = model_card(repo, bundle.config, *read, report, names, weights, terms.license)
    write_bytes(out / CARD, card.encode())
    check_private(out, run.path)


def finished_report(run: RunFolder) -> dict[str, Any]:
    """report.json of a run. Raises ZooError if training has not come to its end or the file is damaged."""
    try:
        report = json.loads(run.report.read_text(encoding="utf-8"))
        if report["training"]["state"] == "finished":
            return dict(report)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ZooError(f"{run.report} cannot be read: {type(error).__name__} {error}") from None
    raise ZooError(f"{run.path} is not finished; type zoo bench --resume {run.path}")


def guide_images(bundle: Bundle, recipe: Recipe, catalog: Catalog) -> Images | None:
    """The images whose lines the samples of a guided model follow; None for other models, whose samples need none."""
    return load_images(recipe, catalog) if bundle.space.guide else None


def check_samples(bundle: Bundle, images: Images | None, picture: Path) -> None:
    """Raises RunFailure unless the model draws the pixels of samples.png again."""
    with Image.open(picture) as file:
        published = np.asarray(file.convert("RGB"))
    drawn = sample_picture(bundle, images)
    if published.shape != drawn.shape or not np.array_equal(published, drawn):
        raise RunFailure(f"the published weights do not draw {SAMPLES} again; publish once more")


def check_private(folder: Path, run: Path) -> None:
    """Raises RunFailure if a text that is to be published still names the home folder, the run's folder or a token."""
    from huggingface_hub import get_token

    secrets = [str(Path.home()), str(run.resolve()), get_token() or ""]
    for name in (CARD, RECIPE, REPORT, CONFIG):
        text = (folder / name).read_text(encoding="utf-8")
        if any(len(secret) > 3 and secret in text for secret in secrets):
            raise RunFailure(f"{name} would publish a path or a token of this machine; nothing was uploaded")


def _make_empty(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise ZooError(f"{out} holds files already; type the name of a folder that is empty or not there")
    except OSError as error:
        raise ZooError(f"cannot make {out}: {error.strerror}; type the name of a folder you may write to") from error
