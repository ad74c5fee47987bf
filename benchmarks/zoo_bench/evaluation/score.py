"""Score a model or a run: which extractor and metrics, on which images, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_bench.evaluation.reconstruction import reconstruction_scores
from zoo_bench.progress import TrainingProgress
from zoo_bench.samples.drawn import generate
from zoo_bench.samples.guides import guides_for
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_core.pictures.grid import write_png
from zoo_core.recipe.recipe import Recipe
from zoo_core.registry.catalog import Catalog, Provided
from zoo_core.scores import Metric
from zoo_train.encoder import Encoder


@dataclass(frozen=True)
class Scoring:
    """How a finished run is scored: extractor (None: not at all), file of its weights, samples (0: one per training image).

    judge  another extractor that measures as well; "" for none.
    every  images of training between scores on the way, see zoo_bench.run.scored; 0: none.
    """

    extractor: str | None = "sprites"
    weights: Path | None = None
    samples: int = 0
    every: int = 0
    judge: str = "squeezenet"


def plugin_metrics(catalog: Catalog) -> dict[str, Metric]:
    """Metrics of installed plugins by id. They are imported when asked, where one that is broken costs only itself."""

    def deferred(item: Provided) -> Metric:
        return lambda sets: catalog.load_target(item)(sets)

    return {item.id: deferred(item) for item in catalog.of("metric")}


def score_model(
    bundle: Bundle,
    encoder: Encoder | None,
    images: Images,
    recipe: Recipe,
    catalog: Catalog,
    scoring: Scoring,
    progress: TrainingProgress,
    figure: Path | None = None,
) -> dict[str, Any]:
    """The evaluator's report on samples of a model, with what is measured of guides and encoders. Needs an extractor.

    figure  where to draw samples beside their nearest training images.
    """
    from zoo_bench.evaluation.edge_agreement import edge_scores
    from zoo_bench.evaluation.evaluate import METRICS, evaluate, with_second  # imports torch-fidelity
    from zoo_bench.evaluation.extractors import open_extractor
    from zoo_bench.evaluation.nearest_figure import nearest_figure
    from zoo_bench.evaluation.table import lines
    from zoo_bench.evaluation.void import trained_on, void

    assert scoring.extractor is not None
    count = scoring.samples or int((~images.held_out).sum())
    progress.say(f"scoring {count} samples with {scoring.extractor}")
    fakes, labels = generate(bundle, images, count)
    measured = evaluate(
        images,
        fakes,
        extractor=open_extractor(scoring.extractor, scoring.weights, recipe.device),
        background=recipe.data.background,
        fake_labels=labels,
        name=recipe.data.id,
        metrics={**METRICS, **plugin_metrics(catalog)},
    )
    if scoring.judge:
        judge = open_extractor(scoring.judge, None, recipe.device)
        measured = with_second(measured, judge, images, fakes, recipe.data.background)
    report = void(measured.to_json(), trained_on(recipe, catalog))
    guides = guides_for(bundle, images, count)
    if guides is not None:
        report["scores"] += edge_scores(bundle, images, fakes, guides)
    if encoder is not None:
        report["scores"] += reconstruction_scores(bundle, encoder, images, recipe.data.background)
    for line in lines(report):
        progress.say(line)
    pairs = nearest_figure(images, fakes, measured.closest, recipe.data.background)
    if figure is not None and pairs is not None:
        write_png(pairs, figure)
    return report
