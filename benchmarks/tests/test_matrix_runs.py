"""`zoo runs` and `zoo compare` on run folders of every state."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_bench.asked import asked_of
from zoo_bench.commands.bench import bench
from zoo_bench.commands.compare import comparison, verdict
from zoo_bench.matrix.cells import plan_matrix
from zoo_bench.records.flat import flat
from zoo_bench.records.listing import disk_size, listed, run_folders
from zoo_bench.records.lock import holder, locked
from zoo_bench.records.matrix import Matrix, save_matrix, write_status
from zoo_bench.records.run import read
from zoo_bench.records.scores import Score
from zoo_core.cli import main
from zoo_core.registry.catalog import discover

RECIPE = {
    "model": "a/b",
    "budget": {"steps": 200, "images": None, "minutes": None},
    "options": {"train": {"lr": 0.1, "batch": 4}},
}


def make_run(folder: Path, *, iteration: int = 0, finished: bool = False, scores=(), **recipe) -> Path:
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps({**RECIPE, **recipe}))
    if iteration:
        line = {"iteration": iteration, "images": iteration * 4, "seconds": iteration * 0.5}
        (folder / "metrics.jsonl").write_text(json.dumps(line) + "\n")
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / f"{iteration:08d}.safetensors").write_bytes(b"x" * 1000)
    if finished:
        training = {"state": "finished", "images": 800, "images_per_second": 80.0, "parameters": {"generator": 10, "critic": 5}}
        (folder / "report.json").write_text(json.dumps({"training": training, "scores": list(scores)}))
        (folder / "model").mkdir()
        (folder / "model" / "model.safetensors").write_bytes(b"y" * 500)
    return folder


@pytest.fixture
def root(tmp_path, monkeypatch):
    """runs/ with a run in every state."""
    monkeypatch.chdir(tmp_path)
    make_run(Path("runs/done"), iteration=200, finished=True)
    make_run(Path("runs/half"), iteration=100)
    make_run(Path("runs/deep/er/timed"), iteration=30, budget={"steps": None, "images": None, "minutes": 1.0})
    make_run(Path("runs/m/bad-s0"), iteration=50)
    write_status(Path("runs/m/bad-s0"), state="failed", error="the loss is not finite")
    Path("runs/other").mkdir()
    Path("runs/other/notes.txt").write_text("no run")
    return Path("runs")


def test_runs_are_listed_with_state_and_progress(root, capsys):
    assert main(["runs", "--json"]) == 0
    found = {each["path"].removeprefix("runs/"): each for each in json.loads(capsys.readouterr().out)}
    states = {name: (each["state"], each["progress"]) for name, each in found.items()}
    assert states == {
        "done": ("finished", 1.0),
        "half": ("stopped", 0.5),
        "deep/er/timed": ("stopped", 0.25),
        "m/bad-s0": ("failed", 0.25),
    }
    files = [path for path in (root / "done").rglob("*") if path.is_file()]
    assert found["done"]["size"] == sum(path.stat().st_size for path in files)
    assert main(["runs"]) == 0
    text = capsys.readouterr().out
    assert "failed: the loss is not finite" in text and "4 runs" in text and "notes" not in text


def test_a_run_that_a_process_works_on_is_running_and_is_not_cleaned(root, capsys):
    with locked(root / "half"):
        assert holder(root / "half") and listed(root / "half").state == "running"
        assert main(["runs", "clean", "--unfinished", "--yes"]) == 0
    assert holder(root / "half") == "" and listed(root / "half").state == "stopped"
    assert (root / "half" / "checkpoints").exists() and not (root / "m/bad-s0").exists()


def test_cells_that_have_not_begun_are_waiting(root, capsys):
    context = bench.make_context("bench", ["--model", "dcgan,acgan", "--seeds", "2", "--steps", "3"])
    save_matrix(root / "m", plan_matrix(asked_of(context, discover()), discover(), "zoo bench"))
    make_run(root / "m/dcgan-s0", iteration=3)
    assert main(["runs", "--in", "runs/m", "--json"]) == 0
    found = {each["path"]: each["state"] for each in json.loads(capsys.readouterr().out)}
    assert found == {"runs/m/bad-s0": "failed", "runs/m/dcgan-s0": "stopped", "runs/m/dcgan-s1": "waiting"}
    assert main(["runs", "clean", "--unfinished", "--yes"]) == 0  # a folder that is not there yet is no trouble


def test_clean_says_what_would_go_and_then_removes_it(root, capsys):
    (root / "half" / ".metrics.json.1-ab.tmp").write_bytes(b"z" * 77)
    before = disk_size(root)
    assert main(["runs", "clean"]) == 0
    text = capsys.readouterr().out
    assert "runs/done: checkpoints, 1.0 kB" in text and "--yes" in text and disk_size(root) == before
    assert main(["runs", "clean", "--in", "runs/m", "--yes"]) == 0 and disk_size(root) == before
    assert main(["runs", "clean", "--yes"]) == 0
    kept = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.name != ".lock"}
    assert (
        "done/model/model.safetensors" in kept and "half/checkpoints/00000100.safetensors" in kept and "other/notes.txt" in kept
    )
    assert not any(name.startswith("done/checkpoints") or name.endswith(".tmp") for name in kept)
    capsys.readouterr()
    assert main(["runs", "clean", "--yes"]) == 0 and capsys.readouterr().out == "nothing to remove\n"


def test_a_folder_without_runs(tmp_path, capsys):
    assert main(["runs", "--in", str(tmp_path)]) == 0 and "no runs" in capsys.readouterr().out
    assert main(["runs", "--in", str(tmp_path / "absent")]) == 2 and "zoo runs --in FOLDER" in capsys.readouterr().err
    assert list(run_folders(tmp_path)) == []


def test_neither_command_imports_torch(root):
    code = "import sys; from zoo_core.cli import main; main(sys.argv[1:]); assert not {'torch', 'numpy'} & sys.modules.keys()"
    for words in (["runs"], ["compare", "runs/done", "runs/half"]):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def score(name: str = "kid", value: float = 1.0, instrument: str = "sprites-1x1-a", **more) -> dict:
    return {"name": name, "value": value, "better": "lower", "floor": 0.1, "id": f"{name}-{instrument}", **more}


def test_runs_side_by_side(tmp_path, capsys):
    a = make_run(tmp_path / "a", iteration=9, finished=True, scores=[score(value=1.0, low=0.8, high=1.2)])
    b = make_run(tmp_path / "b", iteration=9, finished=True, scores=[score(value=2.0, low=1.9, high=2.2)], seed=3)
    assert main(["compare", str(a), str(b)]) == 0
    text = capsys.readouterr().out
    assert f"A  {a}" in text and "measured with sprites-1x1-a" in text and "A clearly" in text and "1 [0.8, 1.2]" in text
    assert "seed" in text and "train.lr" not in text
    assert main(["compare", str(a), str(b), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["options"] == [["seed", [None, 3]]]
    assert dict(found["facts"])["images per second"] == [80.0, 80.0]


def test_scores_of_different_evaluators_are_never_compared(tmp_path):
    a = make_run(tmp_path / "a", finished=True, scores=[score(value=1.0)])
    b = make_run(tmp_path / "b", finished=True, scores=[score(value=2.0, instrument="inception-1x1-b")])
    found = comparison([read(a), read(b)])
    assert [each["id"] for each in found["evaluators"]] == ["sprites-1x1-a", "inception-1x1-b"]
    for each, place in zip(found["evaluators"], (1, 0), strict=True):
        assert each["scores"][0]["values"][place] is None and each["scores"][0]["verdict"] is None


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (score(value=1.0), score(value=2.0), {"best": 0, "clear": None}),
        (score(value=2.0, spread=0.3), score(value=1.0, spread=0.3), {"best": 1, "clear": True}),
        (score(value=2.0, spread=0.6), score(value=1.0, spread=0.6), {"best": 1, "clear": False}),
        (score(value=2.0, spread=9.0, low=1.9, high=2.1), score(value=1.0, spread=0.1), {"best": 1, "clear": True}),
        (score(value=1.0), score(value=1.0), None),
        (score(value=1.0), None, None),
        (score(value=1.0, better="higher"), score(value=2.0, better="higher"), {"best": 1, "clear": None}),
        (score(better=None), score(value=2.0, better=None), None),
    ],
)
def test_which_is_better_and_how_surely(one, two, said):
    assert verdict([each and Score.read(each) for each in (one, two)]) == said


numbers = st.floats(-1e6, 1e6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(numbers, st.none() | st.floats(0, 10)), min_size=2, max_size=5))
def test_the_verdict_does_not_depend_on_the_order(pairs):
    scores = [score(value=value, spread=spread) for value, spread in pairs]
    one, other = verdict([*map(Score.read, scores)]), verdict([*map(Score.read, scores[::-1])])
    assert (one is None) == (other is None)
    if one and other:
        assert scores[one["best"]]["value"] == scores[::-1][other["best"]]["value"] == min(value for value, _ in pairs)


@pytest.mark.parametrize("count", [0, 1])
def test_one_run_cannot_be_compared(tmp_path, capsys, count):
    run = make_run(tmp_path / "a", finished=True)
    assert main(["compare", *[str(run)] * count]) == 2
    assert "zoo compare RUN RUN" in capsys.readouterr().err


def test_what_is_no_run_is_said(tmp_path, capsys):
    run = make_run(tmp_path / "a", finished=True)
    save_matrix(tmp_path, Matrix(()))
    assert main(["compare", str(run), str(tmp_path)]) == 2 and "is a matrix" in capsys.readouterr().err
    assert main(["compare", str(run), str(tmp_path / "none")]) == 2 and "not a run folder" in capsys.readouterr().err
    (tmp_path / "b").mkdir()
    assert main(["compare", str(run), str(tmp_path / "b")]) == 2 and "neither recipe.json nor" in capsys.readouterr().err
    (tmp_path / "b/report.json").write_text("[")
    assert main(["compare", str(run), str(tmp_path / "b")]) == 0


def test_a_direction_that_is_none_is_not_shown(tmp_path, capsys):
    runs = [make_run(tmp_path / name, finished=True, scores=[score(value=1.0, better=[])]) for name in "ab"]
    assert main(["compare", *map(str, runs)]) == 0
    assert "kid " in capsys.readouterr().out


def test_options_are_flattened():
    recorded = {"a": {"b": {"c": 1}}, "d": [2], "provenance": {"command": "zoo", "versions": {"x": 1}}}
    assert flat(recorded) == {"a.b.c": 1, "d": [2]}
