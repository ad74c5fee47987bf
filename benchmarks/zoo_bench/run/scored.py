"""A score while a model trains: KID of a few samples, by the extractor that needs no download."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_bench.samples.drawn import generate
from zoo_core.images import Images
from zoo_core.model.bundle import Bundle
from zoo_train.run import Run

SAMPLES = 256
EXTRACTOR = "sprites"


@dataclass(frozen=True)
class Meter:
    """Measures after every `every` images of training and at the end; 0: never."""

    images: Images
    background: tuple[int, int, int]
    every: int

    def due(self, run: Run) -> bool:
        """Whether the last iteration reached another multiple of `every` images, or was the last of all."""
        if self.every == 0:
            return False
        each = run.images_per_iteration
        return run.iteration == run.total or run.iteration * each // self.every > (run.iteration - 1) * each // self.every

    def measure(self, bundle: Bundle) -> dict[str, float]:
        """Id of the score -> value; {} where the images are too few. The same samples as at the end, only fewer."""
        from zoo_bench.evaluation.evaluate import METRICS, evaluate  # imports torch-fidelity

        fakes, _ = generate(bundle, self.images, SAMPLES)
        report = evaluate(
            self.images, fakes, extractor=EXTRACTOR, background=self.background, metrics={"kid": METRICS["kid"]}
        ).to_json()
        return {score["id"]: score["value"] for score in report["scores"]}
