"""Going on with a run: on another machine, with another budget, and not with another model."""

from __future__ import annotations

import json
import shutil

import pytest

from zoo_core.cli import main

SETTINGS = ("generator.width=2", "critic.width=4", "generator.max_width=8", "critic.max_width=8", "latent=6", "train.batch=4")
START = ["bench", "--model", "dcgan", "--size", "16", "--steps", "4", "--threads", "2", "--no-eval"]
START += [word for setting in (*SETTINGS, "dataset.count=40") for word in ("--set", setting)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert main([*START, "--precision", "fp32", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def recipe(run):
    return json.loads((run / "recipe.json").read_text())


def resume(run, *more):
    return main(["bench", "--resume", str(run), "--no-eval", *more])


def last(run):
    return json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["iteration"]


def test_precision_is_an_option_of_the_trainer(run):
    assert recipe(run)["options"]["train"]["precision"] == "fp32"
    assert set(recipe(run)["provenance"]["precision"].values()) == {"fp32: asked for"}


def test_what_was_typed_at_the_start_may_be_typed_again(run, capsys):
    before = (run / "recipe.json").read_bytes()
    assert main([*START, "--precision", "fp32", "--resume", str(run)]) == 0
    assert (run / "recipe.json").read_bytes() == before
    assert "bit for bit" not in capsys.readouterr().err


def test_the_machine_may_change_and_it_is_said_what_that_means(run, capsys):
    assert resume(run, "--threads", "1", "--device", "cpu", "--precision", "bf16") == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "--threads 1 (was 2), --precision bf16 (was fp32)" in said and "no longer equal, bit for bit" in said
    assert recipe(run)["threads"] == 1
    assert recipe(run)["provenance"]["changes"] == [
        "--threads 1 (was 2)",
        "--precision bf16 (was fp32)",
    ]
    assert any(text.startswith("bf16") for text in recipe(run)["provenance"]["precision"].values())
    assert "bit for bit" in " ".join((resume(run), capsys.readouterr().err)[1].split())  # and again


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--model", "wgan_gp"], "--model zoo-dcgan/dcgan, not wgan_gp"),
        (["--size", "32"], "--size 16, not 32"),
        (["--dataset", "folder:x"], "--dataset"),
        (["--upsampler", "nearest"], "--upsampler zoo-core/transposed, not nearest"),
        (["--seed", "7"], "--seed 0, not 7"),
        (["--set", "dataset.count=50"], "dataset.count=40, not 50"),
        (["--set", "train.optimizer=sgd"], "train.optimizer=adam, not sgd"),
        (["--set", "generator.width=3", "--change-recipe"], "start a new run"),
        (["--steps", "9"], "add --change-recipe"),
        (["--set", "train.lr=0.001"], "--set train.lr=0.001 is new"),
        (["--set", "train.lr=none"], "must be float"),
        (["--set", "train.schedul=linear"], "did you mean schedule?"),
    ],
)
def test_another_recipe_is_refused_in_one_line_and_nothing_is_lost(run, typed, said, capsys):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != ".lock"}
    assert resume(run, *typed) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in error, error
    assert {path: path.read_bytes() for path in before} == before


def test_a_run_is_extended_when_told(run, capsys):
    assert resume(run, "--steps", "7", "--set", "train.lr=0.001", "--change-recipe") == 0
    assert last(run) == 7 and recipe(run)["budget"]["steps"] == 7 and recipe(run)["options"]["train"]["lr"] == 0.001
    assert recipe(run)["provenance"]["changes"] == ["--steps 7 (was --steps 4)", "--set train.lr=0.001 (was 0.0002)"]
    assert "--steps 7 (was --steps 4)" in " ".join(capsys.readouterr().err.split())


def test_another_version_of_a_plugin_is_a_warning(run, capsys):
    changed = recipe(run)
    changed["provenance"]["versions"]["zoo-dcgan"] = "0.0.1"
    (run / "recipe.json").write_text(json.dumps(changed))
    assert resume(run) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "warning: zoo-dcgan is" in said and "the run was started with 0.0.1" in said
