"""The page of several runs: who is best, by what, and how each is done again."""

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from zoo_bench.records.matrix import Cell, Matrix, save_matrix, write_status
from zoo_bench.records.rows import gather
from zoo_bench.records.table import collect, markdown, show
from zoo_bench.report.board import render_board
from zoo_bench.report.curves import BOTTOM, TOP, WIDTH
from zoo_core.cli import main
from zoo_core.errors import ZooError
from zoo_core.recipe.recipe import Recipe

KID = "kid-sprites-737x2000-a1b2c3"
NOWHERE = "no/such/folder"


@pytest.fixture
def make(finished, tmp_path, change, example):
    """Copies the finished run as a run of this model, upsampler, seed and KID."""

    def make(model, upsampler, seed, kid, **report):
        run = Path(shutil.copytree(finished, tmp_path / f"{model}-{upsampler}-s{seed}"))
        recipe, told = example("recipe"), example("report")
        parts = {**recipe["parts"], "upsampler": f"zoo-core/{upsampler}"}
        told_of = {**recipe["provenance"], "command": f"zoo bench --model {model} --set a='x  y' --seed {seed}"}
        change(run, "recipe.json", model=f"zoo-{model}/{model}", parts=parts, seed=seed, provenance=told_of)
        change(run, "report.json", scores=[{**told["scores"][0], "value": kid, "spread": None}], **report)
        return run

    return make


@pytest.fixture
def four(make):
    """Two models with two upsamplers; one of the four has two seeds."""
    make("dcgan", "nearest", 0, 3.0)
    make("dcgan", "transposed", 0, 9.0)
    make("vae", "nearest", 0, 5.0)
    make("vae", "transposed", 0, 1.0)
    return make("vae", "transposed", 1, 2.0).parent


def test_rows_are_recipes_and_the_best_comes_first(four, board):
    found = board(four)
    rows = found.cells("leaderboard")
    assert [row[1].strip() for row in rows] == [
        "Model", "vae with transposed", "dcgan with nearest", "vae with nearest", "dcgan with transposed", "Floor",
    ]  # fmt: skip
    assert rows[1][2].strip() == "2" and rows[1][3].split() == ["1.5", "±", "0.71"]  # the sample standard deviation of 1 and 2
    assert [row[0].strip() for row in rows[1:-1]] == ["1", "2", "3", "4"]
    assert rows[-1][3].strip() == "0.00212"
    assert "4 models side by side" in found.text and "5 runs of 4 recipes" in found.text
    assert [a["aria-sort"] for a in found.all("th") if "aria-sort" in a] == ["ascending"]


def test_values_to_sort_by_are_exact(four, board, make):
    make("gan", "nearest", 0, 1 / 3)
    values = {a["data-value"] for a in board(four).all("td") if a.get("data-value")}
    assert repr(1 / 3) in values


def test_higher_may_be_better(make, board, tmp_path, example):
    recall = example("report")["scores"][1]
    for seed, (model, value) in enumerate([("dcgan", 0.2), ("vae", 0.9)]):
        run = make(model, "nearest", seed, 0.0)
        report = json.loads((run / "report.json").read_text())
        (run / "report.json").write_text(json.dumps({**report, "scores": [{**recall, "value": value}]}))
    assert [row[1].strip() for row in board(tmp_path).cells("leaderboard")][1:] == ["vae with nearest", "dcgan with nearest"]


def test_scores_of_another_evaluator_never_share_a_table(four, board, make, change):
    other = make("gan", "nearest", 0, 0.5)
    score = json.loads((other / "report.json").read_text())["scores"][0]
    change(other, "report.json", scores=[{**score, "id": "kid-inception-737x2000-ffffff"}])
    found = board(four)
    tables = [[row[1].strip() for row in found.cells("leaderboard")]]
    starts = [place for place, name in enumerate(tables[0]) if name == "Model"]
    assert len(starts) == 2
    assert [name for name in tables[0] if "gan with nearest" in name] == ["dcgan with nearest", "gan with nearest"]
    assert "kid-inception" not in found.text and "inception-737x2000-ffffff" in found.text


def test_seeds_with_another_identity_are_not_averaged(make, board, tmp_path, change):
    make("vae", "nearest", 0, 1.0)
    other = make("vae", "nearest", 1, 3.0)
    score = json.loads((other / "report.json").read_text())["scores"][0]
    change(other, "report.json", scores=[{**score, "id": "kid-sprites-737x100-bbbbbb"}])
    values = [row[3].split()[0] for row in board(tmp_path).cells("leaderboard") if "vae" in row[1]]
    assert sorted(values) == ["1", "3"]


def test_the_interval_of_a_single_run_is_shown(make, board, tmp_path, change):
    run = make("vae", "nearest", 0, 1.0)
    score = json.loads((run / "report.json").read_text())["scores"][0]
    change(run, "report.json", scores=[{**score, "low": 0.75, "high": 1.25}])
    assert board(tmp_path).cells("leaderboard")[1][3].split() == ["1", "0.75", "to", "1.25"]


def test_rows_of_one_name_are_told_apart_by_their_options(make, board, tmp_path, change):
    for seed, lr in enumerate((0.1, 0.2)):
        run = make("vae", "nearest", seed, float(seed))
        options = json.loads((run / "recipe.json").read_text())["options"]
        change(run, "recipe.json", options={**options, "train": {**options["train"], "lr": lr}})
    names = [row[1].strip() for row in board(tmp_path).cells("leaderboard")][1:-1]
    assert names == ["vae with nearest, train.lr 0.1", "vae with nearest, train.lr 0.2"]


def test_what_took_the_place_of_another_extractor_is_marked(four, board, example, change, capsys):
    assert "in place of" not in board(four).text
    runs = [four / "vae-nearest-s0", four / "dcgan-nearest-s0"]
    change(runs[0], "report.json", evaluator={**example("report")["evaluator"], "instead_of": "inception"})
    assert board(four).text.count("sprites-737x2000-a1b2c3 in place of inception.") == 2  # leaderboard, heat map
    assert main(["compare", *map(str, runs)]) == 0
    assert "measured with sprites-737x2000-a1b2c3 in place of inception" in capsys.readouterr().out
    cells = tuple(Cell(run.name, {"model": run.name}, 0, Recipe.from_json(example("recipe"))) for run in runs)
    for run in runs:
        write_status(run, state="finished")
    found = collect(four, Matrix(cells))
    assert "measured with `sprites-737x2000-a1b2c3` in place of inception:" in markdown(found)
    show(found, Console())
    assert "measured with sprites-737x2000-a1b2c3 in place of inception" in capsys.readouterr().out


def test_every_point_of_a_chart_has_a_name_and_a_value(four, board):
    charts = [a for a in board(four).all("svg") if "data-names" in a]
    assert len(charts) > 4
    for chart in charts:
        names = json.loads(chart["data-names"])
        for x, y, at, value, which in json.loads(chart["data-points"]):
            assert 0 <= x <= WIDTH and TOP <= y <= BOTTOM and at and value and names[which][0]
    speed = next(chart for chart in charts if "images per second" in chart["aria-label"])
    assert json.loads(speed["data-names"])[0][0] == "1 vae with transposed"
    assert json.loads(speed["data-points"])[0][3] == "1.5"


def test_models_by_upsamplers(four, board):
    rows = board(four).cells("heat")
    assert rows[0][1:] == ["nearest ", "transposed "]
    assert [[cell.split()[0] for cell in row] for row in rows[1:]] == [["dcgan", "3", "9"], ["vae", "5", "1.5"]]


def test_shades_go_from_the_worst_to_the_best(four, board):
    shades = [a["class"].split()[-1] for a in board(four).all("td") if " h" in a.get("class", "")]
    assert shades == ["h6", "h0", "h4", "h7"]  # of 3, 9, 5 and 1.5: an eighth for each step


def test_every_run_can_be_repeated_to_the_letter(four, board, read_page):
    board(four)
    source = (four / "all.html").read_text("utf-8")
    commands = [
        read_page(f"<body><script></script>{inside}</body>").words["body"]
        for inside in re.findall(r'<code id="command-\d+-\d+">(.*?)</code>', source, re.S)
    ]
    models = [("vae", 0), ("vae", 1), ("dcgan", 0), ("vae", 0), ("dcgan", 0)]
    assert commands == [f"zoo bench --model {model} --set a='x  y' --seed {seed}" for model, seed in models]


def test_copies_are_called_copies(make, board, tmp_path, change):
    for seed, (share, ct) in enumerate([(0.05, 0.4), (0.6, 0.0), (0.05, -9.0)]):
        run = make(f"m{seed}", "nearest", seed, 1.0)
        common = {"better": "lower"}
        scores = [
            {**common, "name": "copies", "id": "copies-x", "value": share, "floor": 0.06},
            {**common, "name": "ct", "id": "ct-x", "value": ct, "floor": None},
        ]
        change(run, "report.json", scores=scores)
    rows = [row for row in board(tmp_path).cells("") if row[0].startswith("m")]
    assert {row[0].split()[0]: row[-1].strip() for row in rows} == {"m0": "no sign of copies", "m1": "copies", "m2": "copies"}


def test_a_matrix_with_all_that_can_befall_a_cell(four, board, make):
    run = four / "vae-nearest-s0"
    (run / "report.json").unlink()
    write_status(run, state="failed", error="the loss is not finite")
    (four / "dcgan-nearest-s0" / "report.json").write_text("{torn")
    (four / "half-s0").mkdir()
    write_status(four / "half-s0", state="stopped", starts=1)
    save_matrix(four, Matrix((Cell("acgan-s0", {"model": "acgan"}, 0, problem="it needs labels"),)))
    found = board(four)
    said = {Path(row[0].strip()).name: row[1:] for row in found.cells("") if len(row) == 3}
    assert said["acgan-s0"] == ["impossible ", "it needs labels "]
    assert said["vae-nearest-s0"] == ["failed ", "the loss is not finite "]
    assert said["half-s0"][0] == "stopped "
    assert "report.json cannot be read" in said["dcgan-nearest-s0"][1]
    assert "vae with nearest" in found.text  # its curves and samples are there
    assert "vae with nearest " not in [row[1] for row in found.cells("leaderboard")]


def test_a_torn_matrix_still_shows_its_cells(four, board):
    (four / "matrix.json").write_text("{")
    found = board(four)
    assert "matrix.json cannot be read" in found.text and len(found.cells("leaderboard")) == 6


def test_reports_of_zoo_eval_stand_beside_runs(four, board, example, change):
    (four / "evaluated").mkdir()
    (four / "evaluated" / "report.json").write_text(json.dumps({**example("report"), "reference": "my/images"}))
    rows = board(four).cells("leaderboard")
    assert rows[1][1].strip() == "my/images" and rows[1][3].startswith("0.04213")


def test_what_cannot_be_read_is_broken(four, board):
    for name in ("recipe.json", "report.json"):
        (four / name[:3]).mkdir()
        (four / name[:3] / name).write_text("{")
    said = {Path(row[0].strip()).name: row[1:] for row in board(four).cells("") if len(row) == 3}
    assert {said["rec"][0], said["rep"][0]} == {"broken "}
    assert "recipe.json cannot be read" in said["rec"][1] and "report.json cannot be read" in said["rep"][1]


def test_what_is_named_twice_is_shown_once(four):
    found = gather([four, four / "vae-nearest-s0", four])
    assert sum(len(row.runs) for row in found.rows) == 5


def test_an_empty_folder_is_said(tmp_path, board):
    assert "it holds neither a run nor a matrix" in board(tmp_path).text


def test_what_is_no_folder_is_the_users_mistake(tmp_path):
    with pytest.raises(ZooError, match="no folder; type the folders of runs"):
        render_board([tmp_path / NOWHERE], tmp_path / "all.html")
    assert not (tmp_path / "all.html").exists()


def test_hostile_names_stay_text(four, board, change, example):
    evil = '</td><script>alert("x")</script><img src=x onerror=alert(1)>\'"{{ style }}{% set x %}{# \x00'
    clean = board(four)
    parts = {**example("recipe")["parts"], "upsampler": evil}
    told = {"command": f"zoo --model {evil}"}
    change(four / "vae-nearest-s0", "recipe.json", model=evil, parts=parts, provenance=told, seed=evil)
    scores = [{**example("report")["scores"][0], "id": f"kid-{evil}"}, {"name": evil, "value": 1.0, "better": evil, "id": evil}]
    evaluator = {"id": evil, "instead_of": evil}
    change(four / "dcgan-nearest-s0", "report.json", scores=scores, evaluator=evaluator, warnings=[evil])
    (four / evil.partition("/")[0]).mkdir()
    write_status(four / evil.partition("/")[0], state="failed", error=evil)
    found = board(four)
    assert len(found.all("script")) == len(found.all("style")) == 1 and len(found.all("img")) == len(clean.all("img"))
    assert not [a for _, a in found.elements if "onerror" in a]
    assert found.words["style"] == clean.words["style"] and found.words["script"] == clean.words["script"]
    for words in ('</td><script>alert("x")</script>', "{{ style }}{% set x %}{# "):
        assert found.text.count(words) > 5
    assert "\x00" not in found.text


def test_a_table_that_may_be_wider_than_its_place_has_a_hint_to_show(four, board):
    elements = board(four).elements
    hints = [elements[place - 1][1].get("class") for place, (_, a) in enumerate(elements) if a.get("class") == "wide"]
    assert hints == ["hint sideways"] * 2  # leaderboard, heat map


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_json_breaks_the_page(tmp_path_factory, board, any_files, data):
    folder = tmp_path_factory.mktemp("runs")
    for run in ("one", "two", "evaluated"):
        (folder / run).mkdir()
        for name, text in data.draw(any_files).items():
            if run != "evaluated" or name == "report.json":
                (folder / run / name).write_text(text)
    assert "zoo report" in board(folder).text
