"""Mean and spread over seeds, and which scores may stand in one table."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from zoo_bench.records.matrix import Cell, Matrix, write_status
from zoo_bench.records.scores import measured
from zoo_bench.records.table import Scores, collect, markdown, show, write_table
from zoo_bench.words import NOTHING

INSTRUMENT = "sprites-36x36-abcdef"


def score(name: str, value: float, instrument: str = INSTRUMENT, **more) -> dict:
    better = "higher" if name == "recall" else "lower"
    return {"name": name, "value": value, "better": better, "floor": 0.5, "id": f"{name}-{instrument}", "spread": 9.0, **more}


def finish(folder: Path, *scores: dict, speed: float = 100.0) -> None:
    folder.mkdir(parents=True)
    training = {"state": "finished", "images_per_second": speed, "parameters": {"generator": 1234, "critic": 5}}
    (folder / "report.json").write_text(json.dumps({"scores": list(scores), "training": training}))
    write_status(folder, state="finished", seconds=3.0)


def matrix_of(*names: str, seeds: int = 1, recipe: object = True) -> Matrix:
    cells = [Cell(f"{name}-s{seed}", {"model": name}, seed, recipe) for name in names for seed in range(seeds)]  # type: ignore[arg-type]
    return Matrix(tuple(cells), command="zoo bench --model a,b")


def printed(found: Scores) -> str:
    out = io.StringIO()
    show(found, Console(file=out, width=100))
    return out.getvalue()


def test_mean_and_spread_are_numpys(tmp_path):
    values = np.random.default_rng(0).normal(3, 1, 5)
    for seed, value in enumerate(values):
        finish(tmp_path / f"a-s{seed}", score("kid", float(value)), speed=100.0 + seed)
    row = collect(tmp_path, matrix_of("a", seeds=5)).to_json()["rows"][0]
    assert row["scores"][0]["value"] == pytest.approx(values.mean())
    assert row["scores"][0]["spread"] == pytest.approx(values.std(ddof=1))  # over seeds, not the metric's own
    assert row["scores"][0]["values"] == pytest.approx(list(values))
    assert row["images_per_second"] == pytest.approx(102.0) and row["parameters"] == 1234


def test_a_score_with_another_id_is_never_averaged_nor_in_the_same_table(tmp_path):
    finish(tmp_path / "a-s0", score("kid", 1.0))
    finish(tmp_path / "a-s1", score("kid", 3.0, "inception-36x36-000000"))
    found = collect(tmp_path, matrix_of("a", seeds=2))
    assert [each["value"] for each in found.to_json()["rows"][0]["scores"]] == [1.0, 3.0]
    text = printed(found)
    assert text.count("measured with") == 2
    first, second = text.split("measured with inception-36x36-000000")
    assert "1/2" in first and "1/2" in second and " 3 " not in first


def test_a_score_without_an_id_is_in_no_table(tmp_path):
    finish(tmp_path / "a-s0", {"name": "kid", "value": 0.125, "better": "lower"}, score("fid", float(7)))
    found = collect(tmp_path, matrix_of("a"))
    assert [each["name"] for each in found.to_json()["rows"][0]["scores"]] == ["fid"]
    assert "0.125" not in printed(found) + markdown(found)


@pytest.mark.parametrize(("name", "order"), [("kid", "bac"), ("recall", "cab")])
def test_the_best_comes_first(tmp_path, name, order):
    for model, value in (("a", 2.0), ("b", 1.0), ("c", 3.0)):
        finish(tmp_path / f"{model}-s0", score(name, value))
    found = collect(tmp_path, matrix_of("a", "b", "c"))
    rows = [line.split("|")[1].strip() for line in markdown(found).splitlines() if line.startswith("| ")]
    assert "".join(rows[2:5]) == order and rows[5] == "floor"


def test_what_failed_and_what_is_impossible_is_said(tmp_path):
    finish(tmp_path / "a-s0", score("kid", 1.0))
    (tmp_path / "a-s1").mkdir()
    write_status(tmp_path / "a-s1", state="failed", error="the loss is not finite")
    impossible = Cell("b-s0", {"model": "b"}, 0, None, "needs labels")
    matrix = matrix_of("a", seeds=3)
    found = write_table(tmp_path, Matrix((*matrix.cells, impossible), command="zoo bench"))
    assert json.loads((tmp_path / "table.json").read_text()) == found.to_json()
    row = found.to_json()["rows"][0]
    assert row["finished"] == ["a-s0"] and row["failed"] == {"a-s1": "the loss is not finite"}
    text = (tmp_path / "table.md").read_text()
    assert "- a-s1 failed: the loss is not finite" in text and "- b is impossible: needs labels" in text
    assert "1/3" in text


def test_a_report_that_is_damaged_costs_its_cell_alone(tmp_path):
    finish(tmp_path / "a-s0", score("kid", 1.0), score("fid", float("nan")))
    finish(tmp_path / "a-s1", score("kid", 2.0))
    (tmp_path / "a-s1" / "report.json").write_text("{")
    row = collect(tmp_path, matrix_of("a", seeds=2)).to_json()["rows"][0]
    assert [(each["name"], each["values"]) for each in row["scores"]] == [("kid", [1.0])]


def test_an_interval_is_shown_for_one_run_and_the_spread_for_several(tmp_path):
    finish(tmp_path / "a-s0", score("kid", 1.0, low=0.5, high=1.5))
    finish(tmp_path / "b-s0", score("kid", 1.0, low=0.5, high=1.5))
    finish(tmp_path / "b-s1", score("kid", 2.0, low=1.5, high=2.5))
    cells = (*matrix_of("a").cells, *matrix_of("b", seeds=2).cells)
    a, b = (row.row.scores[0] for row in collect(tmp_path, Matrix(cells)).rows)
    assert measured(a) == "1 [0.5, 1.5]"
    assert measured(b) == "1.50 ± 0.71" and b.low is None
    assert measured(None) == NOTHING
