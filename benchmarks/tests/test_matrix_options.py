"""Every option of `zoo bench` with a matrix: it reaches each cell, or one line refuses it before anything is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from zoo_bench.asked import asked_of
from zoo_bench.commands.bench import bench
from zoo_bench.evaluation.sprites import WEIGHTS
from zoo_bench.matrix.cells import plan_matrix
from zoo_bench.matrix.run import plan_lines
from zoo_bench.records.matrix import OWN, Matrix, joined, load_matrix, save_matrix
from zoo_core.cli import main
from zoo_core.registry.catalog import discover

SMALL = ["--size", "16", "--set", "generator.width=2", "--set", "generator.max_width=8"]
FEW = ["--set", "dataset.count=40"]


def planned(*arguments: str) -> Matrix:
    catalog = discover()
    return plan_matrix(asked_of(bench.make_context("bench", ["--steps", "2", *arguments]), catalog), catalog, "zoo bench ...")


def test_what_is_typed_for_a_matrix_reaches_its_cells(here, monkeypatch):
    asked = []

    def seen(recipe, provenance, folder, catalog, options, **more):
        asked.append((recipe, options))
        return {"state": "stopped"}

    monkeypatch.setattr("zoo_bench.run.bench.run_bench", seen)
    monkeypatch.setattr("zoo_bench.matrix.run.opened", lambda *_: None)  # TensorBoard need not be installed
    typed = ["--on-trouble", "rollback", "--score-every", "64", "--samples", "9", "--checkpoint-every", "7"]
    typed += ["--log", "tensorboard", "--precision", "bf16", "--overfit", "2", "--threads", "3", "--vary", "train.lr=1e-3,1e-4"]
    weights = Path(shutil.copy(WEIGHTS, Path.cwd()))
    typed += ["--extractor-weights", weights.name]
    main(["bench", "--model", "dcgan,vae", *SMALL, *FEW, "--images", "8", *typed, "--out", "m"])
    assert {(recipe.model.partition("/")[2], recipe.train.lr) for recipe, _ in asked} == {
        (model, lr) for model in ("dcgan", "vae") for lr in (1e-3, 1e-4)
    }
    for recipe, options in asked:
        scoring = options.scoring
        assert (recipe.train.precision, recipe.threads, recipe.data.overfit, recipe.budget.images) == ("bf16", 3, 2, 8)
        assert (options.on_trouble, options.checkpoint_every) == ("rollback", 7)
        assert [observer.id for observer in options.observers] == ["zoo-bench/tensorboard"]
        assert (scoring.extractor, scoring.weights, scoring.samples, scoring.every) == ("sprites", weights, 9, 64)


def test_cells_start_from_weights(here):
    assert main(["bench", "--model", "dcgan", *SMALL, *FEW, "--steps", "2", "--no-eval", "--out", "first"]) == 0
    matrix = planned("--model", "dcgan", "--seeds", "2", *SMALL, *FEW, "--init-from", "first")
    assert all(cell.provenance.init_from["ref"].endswith("first") for cell in matrix.cells)
    assert "--init-from first" in matrix.cells[1].provenance.command
    assert (
        main(["bench", "--model", "dcgan", "--jobs", "1", *SMALL, *FEW, "--steps", "2", "--no-eval", "--init-from", "first"])
        == 0
    )


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--publish", "me/model"], "--publish is for one run"),
        (["--profile"], "--profile is for one run"),
        (["--devices", "2"], "--devices is for one run"),
        (["--change-recipe"], "--change-recipe goes with --resume"),
        (["--extractor", "none"], "type one of sprites"),
        (["--extractor-weights", "nowhere"], "nowhere"),
        (["--dry-run", "--extractor", "none"], "type one of sprites"),
        (["--samples", "-3"], "--samples"),
        (["--dataset", "folder:nowhere"], "no folder nowhere"),
    ],
)
def test_what_no_cell_could_heed_is_refused_before_anything_is_written(here, capsys, typed, message):
    assert main(["bench", "--model", "dcgan,vae", *SMALL, "--steps", "2", "--out", "m", *typed]) == 2
    told = capsys.readouterr().err
    assert message in told and "Traceback" not in told and not Path("m").exists()


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (["--steps", "9"], "--steps"),
        (["--set", "train.batch=9"], "--set train.batch=9"),
        (["--seeds", "5"], "--seeds"),
        (["--model", "vae"], "--model"),
        (["--threads", "5"], "--threads"),
        (["--log", "tensorboard"], "--log"),
        (["--change-recipe"], "--change-recipe"),
        (["--overwrite"], "--overwrite"),
    ],
)
def test_a_matrix_that_goes_on_heeds_what_it_takes_and_refuses_the_rest(here, capsys, typed, named):
    save_matrix(Path(), planned("--model", "dcgan", *SMALL, *FEW, "--seeds", "2"))
    before = load_matrix(Path()).to_json()
    assert main(["bench", "--resume", ".", *typed]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {named}: . goes on as it was planned; leave it out") and told.count("\n") == 1
    assert load_matrix(Path()).to_json() == before
    assert main(["bench", "--resume", ".", "--jobs", "1", "--engine", "local", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == before


def test_a_generator_without_an_upsampler_is_planned_once():
    matrix = planned("--model", "gan_kiss,dcgan", "--upsampler", "transposed,nearest", "--seeds", "2", "--size", "16")
    assert [cell.name for cell in matrix.cells] == [
        "gan_kiss-its_own-s0", "gan_kiss-its_own-s1",
        "dcgan-transposed-s0", "dcgan-transposed-s1", "dcgan-nearest-s0", "dcgan-nearest-s1",
    ]  # fmt: skip
    own = matrix.cells[0]
    assert own.values == {"model": "gan_kiss", "upsampler": OWN} and "--upsampler" not in own.provenance.command
    lines = plan_lines(Path("nowhere"), matrix, matrix.cells)
    assert "gan_kiss  its own" in lines[0] and lines[0].endswith("0-1, once: its generator takes no upsampler")
    # other upsamplers leave its cell as it was
    grown = joined(matrix, planned("--model", "gan_kiss", "--upsampler", "colorpicker", "--size", "16"), Path("nowhere"))
    assert grown.cells == matrix.cells
