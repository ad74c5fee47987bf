"""`zoo bench` and `zoo sample` as typed, in processes of their own where that could make a difference."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from zoo_core.cli import main

SMALL = [
    "--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set", "generator.max_width=8",
    "--set", "critic.max_width=8", "--set", "latent=6", "--set", "train.batch=4", "--set", "dataset.count=40", "--threads", "1",
]  # fmt: skip


def zoo(*arguments: str, cwd: Path, check: int | None = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "zoo_core", *arguments], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert check is None or done.returncode == check, done.stderr
    return done


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One run, start to end, with labels, scores and the report."""
    folder = tmp_path_factory.mktemp("bench")
    arguments = ["bench", *SMALL, "--upsampler", "colorpicker", "--labels", "type", "--steps", "3", "--out", "run", "--json"]
    record = json.loads(zoo(*arguments, cwd=folder).stdout)
    return folder / "run", record


def test_a_run_leaves_everything_that_is_promised(finished):
    run, record = finished
    assert record["state"] == "finished" and record["training"]["iterations"] == 3
    for name in ("recipe.json", "metrics.jsonl", "report.json", "report.html", "model/config.json", "model/model.safetensors"):
        assert (run / name).stat().st_size > 0, name
    assert list((run / "checkpoints").iterdir())
    for name in ("final", "real", "00000003"):
        assert Image.open(run / "samples" / f"{name}.png").size[0] > 16
    recipe = json.loads((run / "recipe.json").read_text())
    told = recipe["provenance"]
    assert told["versions"]["zoo-colorpicker"] and told["dataset_sha256"] and told["hardware"]["cores"]
    assert told["command"].startswith("zoo bench --size 16")


def test_every_score_says_what_it_was_measured_with(finished):
    report = json.loads((finished[0] / "report.json").read_text())
    names = {score["name"] for score in report["scores"]}
    assert {"fid", "kid", "precision", "recall"} <= names
    assert all(score["id"] == f"{score['name']}-{report['evaluator']['id']}" for score in report["scores"])
    assert len(report["evaluator"]["weights_sha256"]) == 64


def test_metrics_are_one_json_object_a_line(finished):
    lines = [json.loads(line) for line in (finished[0] / "metrics.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in lines] == [1, 2, 3]
    assert {"critic/wasserstein", "critic/penalty", "generator/score"} <= lines[0]["terms"].keys()


def test_nothing_but_json_is_on_stdout(finished):
    json.dumps(finished[1], allow_nan=False)


def test_a_run_is_sampled_by_label(finished, tmp_path, monkeypatch, capsys):
    typed = ["sample", str(finished[0]), "-n", "4", "--labels", "type=fire", "-o"]
    monkeypatch.chdir(tmp_path)
    zoo(*typed, "a.png", cwd=tmp_path)
    assert main([*typed, "b.png"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert Image.open(tmp_path / "a.png").size == (34, 34)
    capsys.readouterr()
    assert main(["sample", str(finished[0]), "--labels", "type=plastic"]) == 2
    wrong = capsys.readouterr().err
    assert wrong.startswith("error: ") and wrong.count("\n") == 1


def test_a_run_is_not_overwritten_unless_asked(finished, monkeypatch, capsys):
    run = finished[0]
    before = (run / "model/model.safetensors").read_bytes()
    monkeypatch.chdir(run.parent)
    assert main(["bench", *SMALL, "--steps", "1", "--out", "run"]) == 2
    refused = capsys.readouterr().err
    assert "--overwrite" in refused and "--resume" in refused
    assert (run / "model/model.safetensors").read_bytes() == before


def test_same_command_twice_gives_the_same_bytes(tmp_path):
    typed = ["bench", *SMALL, "--model", "dcgan", "--steps", "4", "--no-eval", "--seed", "7", "--out"]
    zoo(*typed, "a", cwd=tmp_path)
    assert main([*typed, str(tmp_path / "b")]) == 0
    assert (tmp_path / "a/model/model.safetensors").read_bytes() == (tmp_path / "b/model/model.safetensors").read_bytes()


def test_a_terminated_run_resumes_to_the_same_bytes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["bench", *SMALL, "--steps", "200", "--no-eval", "--out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "zoo_core", *arguments, "stopped"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    metrics = tmp_path / "stopped" / "metrics.jsonl"
    for _ in range(600):
        if metrics.exists() and metrics.stat().st_size:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "zoo bench --resume stopped" in err
    assert not (tmp_path / "stopped/model").exists()
    assert main(["bench", "--resume", "stopped", "--no-eval"]) == 0
    assert "resuming at iteration" in capsys.readouterr().err
    assert main([*arguments, "whole"]) == 0
    assert (tmp_path / "stopped/model/model.safetensors").read_bytes() == (
        tmp_path / "whole/model/model.safetensors"
    ).read_bytes()
    iterations = [
        [json.loads(line)["iteration"] for line in (tmp_path / name / "metrics.jsonl").open()] for name in ("stopped", "whole")
    ]
    assert set(iterations[0]) >= set(iterations[1]) and iterations[0] == sorted(set(iterations[0]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "wgan_pg"], "did you mean wgan_gp"),
        (["--set", "critic_steps=0"], "at least 1"),
        (["--set", "nothing=1"], "no part has an option"),
        (["--labels", "flavour"], "no such label"),
        (["--size", "33"], "type --size 32"),
        (["--dataset", "folder:absent"], "absent"),
        (["--dataset", "folder"], "folder:PATH"),
        (["--background", "octarine"], "white, black or #rrggbb"),
        (["--device", "cuda"], "not available"),
        (["--steps", "5", "--minutes", "1"], "one of --steps"),
        (["--resume", "absent"], "holds no run"),
        (["--out", "/proc/none/x"], "--out"),
        (["--guide", "edge"], "none, edges"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = main(["bench", *arguments, *([] if "--steps" in arguments else ["--steps", "1"])])
    errors = capsys.readouterr().err
    lines = [line for line in errors.splitlines() if line.strip()]
    assert code == 2 and message in lines[-1] and lines[-1].startswith("error: "), errors
    assert "Traceback" not in errors and list(tmp_path.iterdir()) == []
