"""The learning pace of all models: can they learn one image, and two images with two labels, by heart, and how soon?

    OMP_NUM_THREADS=1 python benchmarks/scripts/overfit_table.py            all models that are not in the results yet
    OMP_NUM_THREADS=1 python benchmarks/scripts/overfit_table.py vae gan    these, again if they are

Writes benchmarks/results/overfit.json after every model, so that it can be stopped and goes on, and the table in
docs/explanation/learning-pace.md. One thread; the slowest models take minutes.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import torch
from pace import learning_pace, table

from zoo_bench.run.hardware import hardware, versions
from zoo_core.errors import ZooError
from zoo_core.files import write_bytes, write_json
from zoo_core.registry.catalog import discover

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks/results/overfit.json"
PAGE = ROOT / "docs/explanation/learning-pace.md"
MOST = 12_000  # iterations
WIDER = ["generator.width=16", "critic.width=32", "critic.max_width=128"]
CLIPPED = ["objective.clip=0.3", "objective.critic_steps=2", "critic.norm=none"]
GIVEN: dict[str, dict[str, Any]] = {  # to learning_pace, for models that are slow or fail as they are; the page says why
    "aae": {"settings": ["generator.norm=none", "train.critic_lr=1e-5"]},
    "aae_kiss": {"settings": ["train.critic_lr=1e-5"]},
    "aegan": {"settings": ["train.lr=1e-3", "objective.code_weight=0.05"]},
    "dragan": {"settings": ["train.lr=1e-3"]},
    "ebgan": {"settings": ["pull_away=0", "margin=0.01"]},
    "gan_kiss": {"settings": ["train.optimizer=adam", "train.lr=2e-3", "critic.dropout=0", *WIDER]},
    "r1gan": {"settings": ["train.lr=1e-3"]},
    "wgan_gp_chen": {"settings": ["train.lr=1e-3", "critic.norm=none"]},
    "wgan_kiss": {"settings": ["train.lr=2e-3", "critic.dropout=0"]},
    "xiang_gan": {"size": 64, "settings": ["train.lr=1e-3", "critic.norm=none"], "error": 0.1},
    "xiang_wgan": {"size": 64, "settings": ["train.lr=2e-3", *CLIPPED], "error": 0.1},
}
TABLE = re.compile(r"(<!-- table -->\n).*?(<!-- end -->)", re.DOTALL)


def saved() -> list[dict[str, Any]]:
    return json.loads(RESULTS.read_text()).get("rows", []) if RESULTS.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="which; all that have no result yet if none is named")
    parser.add_argument("--most", type=int, default=MOST, help="iterations after which a model has failed")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    catalog = discover()
    again = {catalog.find("model", name).id for name in arguments.models}
    rows = {(row["model"], row["images"]): row for row in saved() if row["model"] not in again}
    for model in sorted(again or {item.id for item in catalog.of("model")}):
        for images in (1, 2):
            if (model, images) in rows:
                continue
            try:
                row = learning_pace(catalog, model, images, arguments.most, **GIVEN.get(model.partition("/")[2], {}))
            except ZooError as error:
                print(f"{model}, {images}: {error}", flush=True)
                continue
            rows[model, images] = row
            verdict = "learnt" if row["reached"] else "not learnt"
            print(
                f"{model}, {images}: {verdict}, error {row['error']}, {row['iterations']} iterations, {row['seconds']} s",
                flush=True,
            )
            write(list(rows.values()))


def write(rows: list[dict[str, Any]]) -> None:
    rows = sorted(rows, key=lambda row: (row["model"], row["images"]))
    distributions = {"zoo-core", "zoo-bench"} | {row["model"].partition("/")[0] for row in rows}
    write_json(RESULTS, {"threads": 1, "hardware": hardware(), "versions": versions(distributions), "rows": rows})
    write_bytes(PAGE, TABLE.sub(lambda found: found[1] + table(rows) + found[2], PAGE.read_text()).encode())


if __name__ == "__main__":
    main()
