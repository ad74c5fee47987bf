"""How far settings come in equal processor time: the tables of docs/explanation/defaults.md.

    python benchmarks/scripts/starts.py                               print the tables
    python benchmarks/scripts/starts.py --again ID --images FOLDER    train a run again, and print both scores

benchmarks/results/starts.json keeps every run: its command, how many iterations it had come to, its minutes of one thread
and its scores. Some runs were stopped before the iterations they were planned for; trained again, they go to their end.
FOLDER holds the data sets by their names, dcss32 and bw96; creatures need none.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESULTS = Path(__file__).parents[1] / "results/starts.json"
SAMPLES = 493
JUDGES = ("squeezenet", "sprites")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", metavar="ID", nargs="+", default=[])
    parser.add_argument("--images", metavar="FOLDER", default=".")
    given = parser.parse_args()
    rows = json.loads(RESULTS.read_text())["rows"]
    for run in given.again:
        row = max((row for row in rows if row["id"] == run), key=lambda row: int(row["iteration"]))
        print(run, json.dumps({"before": row["scores"], "now": trained_again(row, given.images)}))
    if not given.again:
        print("\n".join(tables(rows)))


def tables(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Markdown, a table for each data set and size, its rows by minutes."""
    for (dataset, size), group in groupby(sorted(rows, key=_cell), _cell):
        yield f"\n{dataset}, {size} px:\n"
        yield f"| run | iterations | minutes | {' | '.join(JUDGES)} |"
        yield f"|---|--:|--:|{'--:|' * len(JUDGES)}"
        for row in sorted(group, key=lambda row: (row["name"], row["iteration"])):
            scores = (f"{row['scores'][judge]:.2f}" if judge in row["scores"] else "" for judge in JUDGES)
            yield f"| {row['name']} | {row['iteration']} of {row['total']} | {row['minutes']:.2f} | {' | '.join(scores)} |"


def _cell(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["dataset"], row["size"]


def trained_again(row: Mapping[str, Any], images: str) -> dict[str, float]:
    """The scores of a run after its last iteration, trained anew in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        words = [word.replace("folder:", f"folder:{images}/") for word in shlex.split(row["command"])]
        options = ["--steps", str(row["total"]), "--no-eval", "--out", f"{folder}/run"]
        subprocess.run([sys.executable, "-m", "zoo_core", *words[1:], *options], check=True)
        return scored(Path(folder) / "run")


def scored(run: Path) -> dict[str, float]:
    """Judge -> KID of SAMPLES samples of a run against all of its training images."""
    from zoo_bench.data.load import load_images
    from zoo_bench.records.folder import RunFolder
    from zoo_bench.samples.drawn import generate
    from zoo_core.model.bundle import load_bundle
    from zoo_core.registry.catalog import discover

    catalog = discover()
    images = load_images(RunFolder(run).load_recipe(), catalog)
    fake, _ = generate(load_bundle(run / "model", catalog), images, SAMPLES)
    return {judge: kid(images.pixels[~images.held_out], fake, judge) for judge in JUDGES}


def kid(real: NDArray[np.uint8], fake: NDArray[np.uint8], judge: str) -> float:
    """The unbiased estimate over all pairs (Binkowski et al. 2018, arXiv 1801.01401, section 4), of images (N, H, W, 3)."""
    from zoo_bench.evaluation.extractors import open_extractor
    from zoo_bench.evaluation.sets import Features

    features = Features(open_extractor(judge))
    x, y = features.of(real)[0], features.of(fake)[0]
    of_reals, of_fakes, across = ((a @ b.T / a.shape[1] + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    inner = sum((k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (of_reals, of_fakes))
    return float(inner - 2 * across.mean())


if __name__ == "__main__":
    main()
