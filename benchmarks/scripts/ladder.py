"""Does a feature space put faults in a sensible order? Scores of real images spoilt on purpose, beside the floor.

    python benchmarks/scripts/ladder.py                     creatures
    python benchmarks/scripts/ladder.py --folder PICTURES   a folder of images, with --other FOLDER of something else

One half of the images is the reference, the other half is spoilt; unspoilt it is the floor.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import faults
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from zoo_bench.evaluation.evaluate import METRICS, evaluate
from zoo_bench.evaluation.extractors import open_extractor
from zoo_core.images import Images
from zoo_core.registry.catalog import discover
from zoo_core.space import Space

SIZE = 64
WHITE = (255, 255, 255)
NAMES = ("kid", "kid_p", "fid", "precision", "recall", "density", "coverage", "is")


def folder(path: Path, limit: int = 0) -> NDArray[np.uint8]:
    """Images below `path` on white, (N, 64, 64, 3)."""
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in (".png", ".jpg", ".jpeg"))
    if limit:
        files = [files[i] for i in np.random.default_rng(0).permutation(len(files))[:limit]]
    ready = []
    for file in files:
        with Image.open(file) as image:
            rgba = image.convert("RGBA").resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        ready.append(np.array(Image.alpha_composite(Image.new("RGBA", (SIZE, SIZE), (*WHITE, 255)), rgba).convert("RGB")))
    return np.stack(ready)


def spoilt(half: NDArray[np.uint8], reference: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
    """The steps of the ladder, from nothing to the worst."""
    repeated = half[np.arange(len(half)) % 20]
    return {
        "the other half (floor)": half,
        "the reference itself": reference,
        "red and blue swapped": half[..., ::-1].copy(),
        "upside down": half[:, ::-1].copy(),
        "noise sd 10": faults.batch(half, "noise", 10),
        "blur sd 0.5": faults.batch(half, "blur", 0.5),
        "blur sd 1": faults.batch(half, "blur", 1),
        "JPEG quality 20": faults.batch(half, "jpeg", 20),
        "checkerboard 8": faults.batch(half, "grid", 8),
        "half of them one image": np.where(np.arange(len(half))[:, None, None, None] % 2 == 0, half[:1], half),
        "20 images repeated": repeated,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="scores of images spoilt on purpose")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--other", type=Path, action="append", default=[])
    parser.add_argument("--extractor", default="sprites")
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    extractor = open_extractor(options.extractor, options.weights)
    if options.folder:
        pixels = folder(options.folder)
    else:
        pixels = discover().make("dataset", "creatures", {"count": 808, "seed": 0}).load(SIZE, 3, (), WHITE).pixels
    order = np.random.default_rng(0).permutation(len(pixels))
    reference, half = pixels[np.sort(order[: len(order) // 2])], pixels[np.sort(order[len(order) // 2 :])]
    sets = spoilt(half, reference) | {path.name: folder(path, len(half)) for path in options.other}
    space = Space(SIZE, 3)
    n = len(reference)
    real = Images(space, reference, np.zeros((n, 0), np.int64), np.zeros(n, np.bool_), tuple(map(str, range(n))))
    chosen = {name: METRICS[name] for name in ("kid", "kid_p", "fid", "precision_recall", "density_coverage", "is")}
    print(f"{'':24s}", *(f"{name:>9s}" for name in NAMES))
    for name, fakes in sets.items():
        report = evaluate(real, fakes, extractor=extractor, metrics=chosen)
        scores = {measured.name: measured.score.value for measured in report.scores}
        print(f"{name:24s}", *(f"{scores[key]:9.4f}" if key in scores else f"{'':9s}" for key in NAMES), flush=True)


if __name__ == "__main__":
    main()
