"""Does a feature space put faults in the order that people do? Scores of real images spoilt on purpose, beside the floor.

    python benchmarks/scripts/ladder.py                                   creatures
    python benchmarks/scripts/ladder.py --folder PICTURES --size 64       a folder of images
    python benchmarks/scripts/ladder.py --extractor squeezenet            by another judge

One half of the images is the reference, the other half is spoilt; unspoilt it is the floor. `--other FOLDER` adds images of
something else, `--sets FOLDER` sets of samples (.npz, see agreement.py). Below the table stands whether the order held. The
exit status is 1 if it did not.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import spoilt
import torch
from numpy.typing import NDArray
from PIL import Image

from zoo_bench.evaluation.evaluate import METRICS, evaluate
from zoo_bench.evaluation.extractors import open_extractor
from zoo_core.images import Images
from zoo_core.registry.catalog import discover
from zoo_core.space import Space

WHITE = (255, 255, 255)
NAMES = ("kid", "kid_p", "fid", "precision", "recall", "coverage", "diversity", "copies")
Pixels = NDArray[np.uint8]

# What an eye hardly sees, what it sees, what is rubble: each step must score worse than the one before.
STEPS = (
    "the other half (floor)",
    "chequer 8",
    "red and blue swapped",
    "blur 0.5",
    "noise 5",
    "blur 1",
    "noise 10",
)
FORM = ("patches shuffled", "parts swapped", "blotches")  # each worse than every step above
HARDLY_SEEN = STEPS[1:5]
OTHER_FORM = ("elastic 4", "ragged 3", "limbs 0.25", "blends of figures")  # each worse than what is hardly seen


def folder(path: Path, size: int, limit: int = 0) -> Pixels:
    """Images below `path` on white, (N, size, size, 3)."""
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in (".png", ".jpg", ".jpeg"))
    if limit:
        files = [files[i] for i in np.random.default_rng(0).permutation(len(files))[:limit]]
    ready = []
    for file in files:
        with Image.open(file) as image:
            rgba = image.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", rgba.size, (*WHITE, 255)), rgba).convert("RGB")
        ready.append(np.array(flat if flat.size == (size, size) else flat.resize((size, size), Image.Resampling.LANCZOS)))
    return np.stack(ready)


def creatures(count: int, size: int) -> Pixels:
    return discover().make("dataset", "creatures", {"count": count, "seed": 0}).load(size, 3, (), WHITE).pixels


def halves(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """The reference, and the half to spoil."""
    order = np.random.default_rng(0).permutation(len(pixels))
    return pixels[np.sort(order[: len(order) // 2])], pixels[np.sort(order[len(order) // 2 :])]


def steps(half: Pixels) -> dict[str, Pixels]:
    """What the order is about: `STEPS` and `FORM`."""
    return {
        "the other half (floor)": half,
        "chequer 8": spoilt.batch(half, "grid", 8),
        "red and blue swapped": half[..., ::-1].copy(),
        "blur 0.5": spoilt.batch(half, "blur", 0.5),
        "noise 5": spoilt.batch(half, "noise", 5),
        "blur 1": spoilt.batch(half, "blur", 1),
        "noise 10": spoilt.batch(half, "noise", 10),
        "patches shuffled": spoilt.batch(half, "patches", 1),
        "parts swapped": spoilt.batch(half, "parts", 1),
        "blotches": spoilt.batch(half, "blotches", 1),
    }


def more(half: Pixels, reference: Pixels) -> dict[str, Pixels]:
    """Further faults of form and of texture, mixtures, and faults of the set as a whole."""
    even = (np.arange(len(half)) % 2 == 0)[:, None, None, None]
    return {
        "elastic 4": spoilt.batch(half, "elastic", 4),
        "ragged 3": spoilt.batch(half, "ragged", 3),
        "limbs 0.25": spoilt.batch(half, "limbs", 0.25),
        "blends of figures": spoilt.batch(half, "dreams", 6),
        "outline lost": spoilt.batch(half, "outline", 1),
        "perspective 0.15": spoilt.batch(half, "perspective", 0.15),
        "colours moved 12": spoilt.batch(half, "regions", 12),
        "another figure, 30 %": spoilt.batch(half, "ghosts", 0.3),
        "ground 20": spoilt.batch(half, "ground", 20),
        "figure and ground": spoilt.batch(half, "inverted", 1),
        "hatching 40": spoilt.batch(half, "hatch", 40),
        "specks, 30 %": spoilt.batch(half, "specks", 0.3),
        "JPEG, quality 20": spoilt.batch(half, "jpeg", 80),
        "upside down": half[:, ::-1].copy(),
        "half of it patches": np.where(even, spoilt.batch(half, "patches", 1), half),
        "half of it noise 10": np.where(even, spoilt.batch(half, "noise", 10), half),
        "half of it one image": np.where(even, half[:1], half),
        "20 images repeated": half[np.arange(len(half)) % 20],
        "the reference itself": reference,
    }


def broken(kid: Mapping[str, float], certain: Mapping[str, bool]) -> list[str]:
    """Which of the demands do not hold: KID of each row, and whether it was told from the reference (small kid_p)."""
    found = [f"{worse} not above {better}" for better, worse in itertools.pairwise(STEPS) if kid[worse] <= kid[better]]
    found += [f"{form} not above {step}" for form in FORM for step in STEPS if kid[form] <= kid[step]]
    found += [
        f"{form} not above {step}" for form in OTHER_FORM if form in kid for step in HARDLY_SEEN if kid[form] <= kid[step]
    ]
    floor, *rungs = STEPS + FORM
    found += [f"{rung} not told from none" for rung in rungs if not certain[rung]]
    return found + ([f"{floor} told from the reference"] if certain[floor] else [])


def main() -> int:
    parser = argparse.ArgumentParser(description="scores of images spoilt on purpose")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument(
        "--limit", type=int, default=808, help="images at most, drawn at random; half of them are the reference"
    )
    parser.add_argument("--other", type=Path, action="append", default=[])
    parser.add_argument("--sets", type=Path, help="folder of .npz with `samples`")
    parser.add_argument("--order-only", action="store_true", help="the steps of the order alone")
    parser.add_argument("--extractor", default="sprites")
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    size = options.size
    pixels = folder(options.folder, size, options.limit) if options.folder else creatures(options.limit, size)
    reference, half = halves(pixels)
    sets = steps(half) | ({} if options.order_only else more(half, reference))
    sets |= {path.name: folder(path, size, len(half)) for path in options.other}
    if options.sets:
        sets |= {path.stem: np.load(path)["samples"] for path in sorted(options.sets.glob("*.npz"))}
    n = len(reference)
    real = Images(
        Space(size, 3), np.concatenate([reference, half]), np.zeros((n + len(half), 0), np.int64),
        np.arange(n + len(half)) >= n, tuple(map(str, range(n + len(half)))),
    )  # fmt: skip
    wanted = ("kid", "kid_p") if options.order_only else ("kid", "kid_p", "fid", "precision_recall", "density_coverage")
    chosen = {name: METRICS[name] for name in (*wanted, *(() if options.order_only else ("diversity", "copies")))}
    print(f"{'':24s}", *(f"{name:>9s}" for name in NAMES))
    extractor = open_extractor(options.extractor, options.weights)
    kid, certain = {}, {}
    for name, fakes in sets.items():
        report = evaluate(real, fakes, extractor=extractor, metrics=chosen)
        scores = {measured.name: measured.score.value for measured in report.scores}
        print(f"{name:24s}", *(f"{scores[key]:9.4f}" if key in scores else f"{'':9s}" for key in NAMES), flush=True)
        kid[name], certain[name] = scores["kid"], scores["kid_p"] < 0.01
    problems = broken(kid, certain)
    print("the order holds" if not problems else "the order is broken: " + "; ".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
