"""How far do the judges agree on generators? KID of sets of samples by `sprites` and `squeezenet`, and their rank correlation.

    python benchmarks/scripts/agreement.py score SETS --data dcss32=PATH   score a folder of sets
    python benchmarks/scripts/agreement.py table                          the table of benchmarks/results/agreement.json
    python benchmarks/scripts/agreement.py train SETS --data dcss32=PATH   draw the sets of that file again, by training

A set is an .npz: `samples` (N, H, W, 3) uint8 on white, and `meta`, a JSON object with `dataset` (its short name), `command`
(of zoo bench), `size`, `seed`, `total` (iterations that the schedule is made for) and `iteration` (the age of the samples).
Sets are kept as these recipes, not as images. One thread.
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ladder import creatures, folder
from numpy.typing import NDArray

from zoo_bench.evaluation.extractor import Extractor
from zoo_bench.evaluation.extractors import open_extractor
from zoo_bench.evaluation.sets import Features

RESULTS = Path(__file__).parents[1] / "results" / "agreement.json"
JUDGES = ("sprites", "squeezenet")
REAL = 400  # images of the dataset to compare with
SAMPLES = 300  # of each set
Rows = NDArray[np.float64]


def kid(real: Rows, fake: Rows) -> float:
    """Unbiased over all pairs (arXiv 1801.01401, section 4): features (n, d) and (m, d)."""

    def kernel(a: Rows, b: Rows) -> Rows:
        found: Rows = (a @ b.T / a.shape[1] + 1) ** 3
        return found

    def among(rows: Rows) -> float:
        found = kernel(rows, rows)
        return float((found.sum() - np.trace(found)) / (len(rows) * (len(rows) - 1)))

    return among(real) + among(fake) - 2 * float(kernel(real, fake).mean())


def ranks(values: Iterable[float]) -> Rows:
    """Ranks from 0, the mean rank for equal values."""
    listed = np.array(list(values))
    return np.array([(np.sum(listed < value) + np.sum(listed <= value) - 1) / 2 for value in listed])


def spearman(a: Iterable[float], b: Iterable[float]) -> float:
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


class Reference:
    """Features of real images of the datasets, each extracted once."""

    def __init__(self, places: Mapping[str, Path]) -> None:
        self.places = places
        self.opened: dict[str, Extractor] = {name: open_extractor(name) for name in JUDGES}
        self._known: dict[tuple[str, int, str], Rows] = {}

    def features(self, dataset: str, size: int, judge: str) -> Rows:
        key = (dataset, size, judge)
        if key not in self._known:
            place = self.places.get(dataset)
            pixels = creatures(2 * REAL, size) if dataset == "creatures" else folder(place or _missing(dataset), size)
            chosen = np.random.default_rng(0).permutation(len(pixels))[:REAL]
            self._known[key] = Features(self.opened[judge]).of(pixels[chosen])[0]
        return self._known[key]

    def scores(self, dataset: str, samples: NDArray[np.uint8]) -> dict[str, float]:
        size, shown = samples.shape[1], samples[:SAMPLES]
        return {
            judge: round(kid(self.features(dataset, size, judge), Features(self.opened[judge]).of(shown)[0]), 4)
            for judge in JUDGES
        }


def _missing(dataset: str) -> Path:
    raise SystemExit(f"where is {dataset}? type --data {dataset}=FOLDER")


def score(options: argparse.Namespace) -> None:
    """Scores of all sets in the folder, written to the results; sets that stand there by name and weights are kept."""
    reference = Reference(dict(options.data))
    known = json.loads(options.results.read_text())["sets"] if options.results.exists() else {}
    weights = {name: opened.weights_sha256[:12] for name, opened in reference.opened.items()}
    found: dict[str, Any] = {}
    for file in sorted(options.sets.glob("*.npz")):
        with np.load(file) as content:
            samples, meta = content["samples"], json.loads(str(content["meta"]))
        before = known.get(file.stem)
        stands = before is not None and before["weights"] == weights
        kids = before["kid"] if before is not None and stands else reference.scores(meta["dataset"], samples)
        recipe = {key: meta[key] for key in ("dataset", "command", "size", "seed", "total", "iteration")}
        found[file.stem] = {**recipe, "kid": kids, "weights": weights}
        options.results.write_text(json.dumps({"sets": known | found}, indent=1) + "\n")
        print(file.stem, kids, flush=True)


def table(options: argparse.Namespace) -> None:
    groups: dict[str, list[dict[str, float]]] = defaultdict(list)
    for each in json.loads(options.results.read_text())["sets"].values():
        for name in (f"{each['dataset']}, {each['size']} px", "all"):
            groups[name].append(each["kid"])
    print("| sets | number | Spearman |\n|---|--:|--:|")
    for name, kids in sorted(groups.items(), key=lambda item: (item[0] == "all", item[0])):
        if len(kids) > 2:
            print(f"| {name} | {len(kids)} | {spearman(*([kid[judge] for kid in kids] for judge in JUDGES)):.2f} |")


def again(options: argparse.Namespace) -> None:
    """Train what the results list, and write the sets to the folder."""
    runs: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for name, each in json.loads(options.results.read_text())["sets"].items():
        if not (options.sets / f"{name}.npz").exists() and (not options.only or name in options.only):
            runs[json.dumps([each["command"], each["seed"], each["total"]])].append((name, each))
    options.sets.mkdir(parents=True, exist_ok=True)
    places = {name: f"folder:{path}" for name, path in options.data}
    for sets in runs.values():
        _train(sets, places, options.sets)


def _train(sets: list[tuple[str, Any]], places: Mapping[str, str], out: Path) -> None:
    """One run, samples at each of the ages."""
    from zoo_bench.asked import asked_of
    from zoo_bench.commands.bench import bench
    from zoo_bench.data.load import load_images
    from zoo_bench.plan import recipe_of
    from zoo_bench.run.start import device_data
    from zoo_bench.samples.drawn import generate
    from zoo_core.registry.catalog import discover
    from zoo_train.engine import train
    from zoo_train.export import run_bundle
    from zoo_train.precision import choose_precision
    from zoo_train.run import build

    first = sets[0][1]
    command = shlex.split(first["command"].replace(f"folder:{first['dataset']}", places.get(first["dataset"], "")))[2:]
    catalog = discover()
    asked = asked_of(bench.make_context("bench", [*command, "--steps", str(first["total"])]), catalog)
    recipe = recipe_of(asked.with_seed(first["seed"]), catalog)
    images = load_images(recipe, catalog)
    run = build(recipe, catalog)
    data = device_data(run, images)
    run.precision = choose_precision(run, data)
    run.total = first["total"]
    wanted = {each["iteration"]: (name, each) for name, each in sets}
    for _ in train(run, data):
        if run.iteration in wanted:
            name, meta = wanted[run.iteration]
            samples, _ = generate(run_bundle(run), images, 493)
            np.savez_compressed(out / f"{name}.npz", samples=samples, meta=json.dumps(meta))
            print(f"{name}: {len(samples)} samples", flush=True)
        if run.iteration >= max(wanted):
            return


def _place(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    return name, Path(path)


def main() -> None:
    parser = argparse.ArgumentParser(description="agreement of the judges on sets of samples")
    parser.add_argument("do", choices=("score", "table", "train"))
    parser.add_argument("sets", type=Path, nargs="?", default=Path("sets"))
    parser.add_argument("--data", type=_place, action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--only", action="append", default=[], metavar="SET")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    {"score": score, "table": table, "train": again}[options.do](options)


if __name__ == "__main__":
    main()
