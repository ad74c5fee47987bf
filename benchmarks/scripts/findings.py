"""The tables of docs/explanation/findings.md, from matrices that were run.

    python benchmarks/scripts/findings.py NAME=MATRIX ...    take in these matrices, then write the page
    python benchmarks/scripts/findings.py                    write the page again

The scores of each matrix over its seeds are kept in benchmarks/results/findings.json under NAME. A table of the page is between
<!-- findings NAME: COLUMN, COLUMN --> and <!-- end -->; a column is what was varied, a score, a statistic of the samples,
iterations or img/s.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.matrix import load_matrix
from zoo_bench.records.scores import ARROWS, Score, mean_and_spread, measured
from zoo_bench.records.table import collect
from zoo_bench.run.hardware import hardware, versions
from zoo_core.files import write_bytes, write_json

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks/results/findings.json"
PAGE = ROOT / "docs/explanation/findings.md"
TABLE = re.compile(r"(<!-- findings (?P<name>\w+): (?P<columns>.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(arguments: Sequence[str]) -> None:
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"matrices": {}}
    for argument in arguments:
        name, _, folder = argument.partition("=")
        found["matrices"][name] = kept(Path(folder))
        found |= {"hardware": hardware(), "versions": versions({"zoo-core", "zoo-bench"})}
    write_json(RESULTS, found)
    write_bytes(PAGE, page(PAGE.read_text(encoding="utf-8"), found["matrices"]).encode())


def kept(folder: Path) -> dict[str, Any]:
    """What is kept of a matrix: its command, without the path of the images, and its rows over the seeds."""
    matrix = load_matrix(folder)
    rows = [{**row, "statistics": _statistics(folder, row["finished"])} for row in collect(folder, matrix).to_json()["rows"]]
    command = re.sub(r"folder:\S+", "folder:PATH", matrix.command)
    return {"command": re.sub(r" --out \S+", "", command), "rows": rows}


def page(source: str, matrices: Mapping[str, Any]) -> str:
    """The page with its tables as the results have them; a table without results stays empty."""

    def filled(match: re.Match[str]) -> str:
        matrix = matrices.get(match["name"])
        lines = table(matrix["rows"], match["columns"].split(", ")) if matrix else []
        return match[1] + "".join(f"{line}\n" for line in lines) + match[4]

    return TABLE.sub(filled, source)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    """A Markdown table: mean ± standard deviation over the seeds; a last row with what real images have."""
    better = {score["name"]: score["better"] for row in rows for score in row["scores"]}
    heads = [f"{name.rpartition('.')[2]} {ARROWS.get(better.get(name), ('', ''))[0]}".strip() for name in columns]
    lines = [heads, ["---"] * len(heads), *([_cell(row, name) for name in columns] for row in rows), _real(rows, columns)]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _cell(row: Mapping[str, Any], name: str) -> str:
    if name in row["values"]:
        return f"`{row['values'][name]}`"
    if name in ("iterations", "img/s"):
        return text.count(row["statistics"]["iterations"] if name == "iterations" else row["images_per_second"])
    told = _named(row, name) or row["statistics"]["fake"].get(name)
    return measured(told and Score.read(told))


def _named(row: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((score for score in row["scores"] if score["name"] == name), None)


def _real(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    """Of scores the floor, of statistics the value of the training images."""
    values = {**rows[0]["statistics"]["real"], **{score["name"]: score["floor"] for score in rows[0]["scores"]}}
    return ["real images", *("" if values.get(name) is None else text.number(values[name]) for name in columns[1:])]


def _statistics(folder: Path, cells: Sequence[str]) -> dict[str, Any]:
    reports = [json.loads((folder / cell / "report.json").read_text(encoding="utf-8")) for cell in cells]
    fake: dict[str, Any] = {}
    for name in reports[0]["statistics"]["fake"]:
        values = [value for report in reports if (value := report["statistics"]["fake"][name]) is not None]
        if values:
            fake[name] = dict(zip(("value", "spread"), mean_and_spread(values), strict=True))
    iterations = round(statistics.fmean(report["training"]["iterations"] for report in reports))
    return {"real": reports[0]["statistics"]["real"], "fake": fake, "iterations": iterations}


if __name__ == "__main__":
    main(sys.argv[1:])
