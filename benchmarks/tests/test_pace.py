"""Learning by heart: the cheapest rows of the table are repeated, and the table says what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pace import ERROR, GROWTH, _looks, learning_pace, table

from zoo_core.errors import ZooError
from zoo_core.registry.catalog import discover

ROOT = Path(__file__).parents[2]
ROWS = json.loads((ROOT / "benchmarks/results/overfit.json").read_text())["rows"]
QUICKEST = sorted(ROWS, key=lambda row: row["seconds"])
CHEAPEST = QUICKEST[:2] + [row for row in QUICKEST[2:] if row["of"] == "samples"][:1]


@pytest.mark.parametrize("row", CHEAPEST, ids=lambda row: f"{row['model']}-{row['images']}")
def test_a_model_learns_by_heart_as_fast_as_the_table_says(row):
    catalog = discover()
    if row["model"] not in {item.id for item in catalog.of("model")}:
        pytest.skip("its plugin is not installed")
    again = learning_pace(  # one look more
        catalog,
        row["model"],
        row["images"],
        round(row["iterations"] * GROWTH),
        error=row["wanted"],
        size=row["size"],
        settings=row["settings"],
    )
    assert again["reached"] and again["error"] <= row["wanted"]
    assert again["errors"][0][1] > 2 * ERROR, "it had something to learn"


def test_the_page_shows_what_was_measured():
    page = (ROOT / "docs/explanation/learning-pace.md").read_text()
    assert table(ROWS) in page
    assert all(row["error"] == row["errors"][-1][1] for row in ROWS)
    for row in ROWS:
        assert [look for look, _ in row["errors"][:-1]] == list(_looks(row["iterations"]))[: len(row["errors"]) - 1]


def test_every_model_learnt_one_image_and_two():
    learnt = {(row["model"], row["images"]) for row in ROWS if row["reached"] and row["error"] <= row["wanted"] <= 2 * ERROR}
    models = {item.id for item in discover().of("model") if item.distribution.startswith("zoo-")}
    assert {(model, images) for model in models for images in (1, 2)} <= learnt


def test_too_few_iterations_are_said_to_be_too_few():
    row = learning_pace(discover(), "gan", 1, 3)
    assert row["iterations"] == 3 and not row["reached"] and row["error"] > ERROR and row["of"] == "samples"
    assert "| `gan` | samples | more than 3 | " in table([row])


def test_a_model_that_is_not_there_is_named():
    with pytest.raises(ZooError, match="no_such"):
        learning_pace(discover(), "no_such", 1, 3)


def test_the_table_begins_with_the_fastest():
    def row(model, images, iterations, reached=True):
        measured = {"iterations": iterations, "reached": reached, "of": "samples", "seconds": 1.4, "error": 0.0412}
        return {"model": model, "images": images, "size": 64, "settings": ["train.lr=1"], "wanted": 0.1, **measured}

    lines = table([row("a/slow", 1, 1200), row("a/never", 1, 60, False), row("a/fast", 1, 30), row("a/fast", 2, 45)])
    assert [line.split("|")[1].strip(" `") for line in lines.splitlines()[2:]] == ["fast", "slow", "never"]
    fastest = "| `fast` | samples | 30 | 1 | 0.041 | 45 | 1 | 0.041 | 64 px, `train.lr=1`, until 0.1 |"
    assert fastest in lines and "| 1 200 |" in lines
