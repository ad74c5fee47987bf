"""A matrix from its first cell to its table: what fails, what is lost, what is stopped, what is done again."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from zoo_bench.records.lock import locked
from zoo_bench.records.matrix import load_matrix, read_status, write_status
from zoo_core.cli import main

SMALL = [
    "--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set", "generator.max_width=8",
    "--set", "critic.max_width=8", "--set", "latent=6", "--set", "train.batch=4", "--set", "dataset.count=40",
    "--steps", "2", "--no-eval", "--out", "m",
]  # fmt: skip


def states(folder: str = "m") -> dict[str, str]:
    return {cell.name: read_status(Path(folder) / cell.name)["state"] for cell in load_matrix(Path(folder)).possible}


def test_a_matrix_is_run_once_and_grows(here, capsys):
    typed = ["bench", "--model", "dcgan,acgan", *SMALL]
    assert main(typed) == 0
    assert states() == {"dcgan-s0": "finished"} and Path("m/dcgan-s0/model/model.safetensors").exists()
    err = capsys.readouterr().err
    assert "acgan  impossible: " in err and err.index("impossible") < err.index("finished in")
    assert main(typed) == 0 and main(["bench", "--resume", "m"]) == 0
    assert here.started == ["dcgan-s0"]
    assert "nothing to do" in capsys.readouterr().err
    assert main(["bench", "--model", "dcgan", "--seeds", "2", *SMALL]) == 0
    assert here.started == ["dcgan-s0", "dcgan-s1"]
    recipe = json.loads(Path("m/dcgan-s1/recipe.json").read_text())
    provenance = recipe["provenance"]
    assert recipe["seed"] == 1 and provenance["dataset_sha256"]
    assert provenance["command"].startswith("zoo bench --model dcgan --size 16")


def test_a_cell_that_fails_is_recorded_and_tried_again(here, capsys, monkeypatch):
    from zoo_train import run

    real = run.build
    broken = lambda recipe, catalog: 1 / 0 if recipe.seed == 0 and "dcgan" in recipe.model else real(recipe, catalog)  # noqa: E731
    monkeypatch.setattr("zoo_bench.run.bench.build", broken)
    assert main(["bench", "--model", "dcgan,vae", "--seeds", "2", *SMALL]) == 1
    assert states() == {"dcgan-s0": "failed", "dcgan-s1": "finished", "vae-s0": "finished", "vae-s1": "finished"}
    assert "ZeroDivisionError" in read_status(Path("m/dcgan-s0"))["error"]
    assert (
        "Traceback" in Path("m/dcgan-s0/log.txt").read_text()
        and "dcgan-s0 failed: ZeroDivisionError" in Path("m/table.md").read_text()
    )
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "error: 1 cell of 4 failed (dcgan-s0); to try again, type zoo bench --resume m"
    monkeypatch.setattr("zoo_bench.run.bench.build", real)
    assert main(["bench", "--resume", "m"]) == 0
    assert states()["dcgan-s0"] == "finished" and here.started.count("vae-s0") == 1
    assert read_status(Path("m/dcgan-s0"))["error"] == ""


@pytest.mark.parametrize(("lost", "code", "state"), [(2, 0, "finished"), (3, 1, "failed")])
def test_a_lost_cell_is_started_three_times_at_most(here, lost, code, state):
    here.lost = lost
    assert main(["bench", "--model", "dcgan", "--jobs", "1", *SMALL]) == code
    assert here.started == ["dcgan-s0"] * 3 and states() == {"dcgan-s0": state}
    assert code == 0 or "signal 9" in read_status(Path("m/dcgan-s0"))["error"]


def test_a_signal_stops_all_and_says_how_to_go_on(here, capsys, monkeypatch):
    start = here.start
    monkeypatch.setattr(here, "start", lambda self, job: (start(self, job), os.kill(os.getpid(), signal.SIGINT)))
    assert main(["bench", "--model", "dcgan,vae", "--jobs", "1", "--engine", "local", *SMALL]) == 130
    assert here.started == ["dcgan-s0"]
    assert capsys.readouterr().err.splitlines()[-1] == "stopped; go on with: zoo bench --resume m --engine local"
    monkeypatch.setattr(here, "start", start)
    assert main(["bench", "--resume", "m"]) == 0
    assert states() == {"dcgan-s0": "finished", "vae-s0": "finished"}


def test_a_dry_run_writes_nothing(here, capsys, tmp_path):
    assert main(["bench", "--model", "dcgan,acgan", "--seeds", "3", "--dry-run", "--json", *SMALL]) == 0
    assert list(tmp_path.iterdir()) == [] and here.started == []
    out, err = capsys.readouterr()
    assert [cell["seed"] for cell in json.loads(out)["cells"] if "recipe" in cell] == [0, 1, 2]
    assert "dcgan  seeds 0-2" in err and "3 cells to do, " in err


def test_a_matrix_does_not_go_on_with_other_images(here, capsys):
    typed = ["bench", "--model", "dcgan,vae", *SMALL]
    assert main(typed) == 0
    recipe = Path("m/dcgan-s0/recipe.json")
    said = json.loads(recipe.read_text())
    said["provenance"]["dataset_sha256"] = "another"
    recipe.write_text(json.dumps(said))
    assert main([*typed, "--seeds", "2"]) == 2
    assert "dcgan-s0 was started with other images" in capsys.readouterr().err and len(here.started) == 2


def test_overwrite_begins_anew_and_keeps_other_files(here):
    assert main(["bench", "--model", "dcgan,vae", *SMALL]) == 0
    Path("m/notes.txt").write_text("mine")
    assert main(["bench", "--model", "dcgan", "--jobs", "1", "--set", "train.lr=0.01", *SMALL]) == 2
    assert main(["bench", "--model", "dcgan", "--jobs", "1", "--set", "train.lr=0.01", "--overwrite", *SMALL]) == 0
    assert states() == {"dcgan-s0": "finished"} and not Path("m/vae-s0").exists()
    assert Path("m/notes.txt").read_text() == "mine" and here.started == ["dcgan-s0", "vae-s0", "dcgan-s0"]


def test_a_cell_that_was_killed_between_two_writes_begins_anew(here):
    """What a run clears when it starts is gone, and its recipe is not yet written again."""
    assert main(["bench", "--model", "dcgan", "--jobs", "1", *SMALL]) == 0
    Path("m/dcgan-s0/recipe.json").unlink()
    write_status(Path("m/dcgan-s0"), state="running")
    assert main(["bench", "--resume", "m"]) == 0 and states() == {"dcgan-s0": "finished"}


def test_a_cell_whose_checkpoints_were_cleaned_stays_finished(here, capsys):
    assert main(["bench", "--model", "dcgan", "--jobs", "1", *SMALL]) == 0
    model = Path("m/dcgan-s0/model/model.safetensors").read_bytes()
    assert main(["runs", "clean", "--in", "m", "--yes"]) == 0 and not Path("m/dcgan-s0/checkpoints").exists()
    assert main(["bench", "--resume", "m"]) == 0 and here.started == ["dcgan-s0"]
    assert main(["bench", "--resume", "m/dcgan-s0"]) == 2
    assert "its checkpoints are gone; to train again, type zoo bench --model dcgan" in capsys.readouterr().err
    assert Path("m/dcgan-s0/model/model.safetensors").read_bytes() == model


def test_a_cell_waits_for_the_process_that_still_saves_it(here, monkeypatch):
    held = locked(Path("m/dcgan-s0"))

    def sleep(seconds: float) -> None:
        held.__exit__(None, None, None)  # the other process has saved

    assert main(["bench", "--model", "dcgan", "--jobs", "1", *SMALL]) == 0
    write_status(Path("m/dcgan-s0"), state="stopped")
    held.__enter__()
    monkeypatch.setattr("zoo_bench.matrix.cell.time.sleep", sleep)
    assert main(["bench", "--resume", "m"]) == 0 and states() == {"dcgan-s0": "finished"}


def test_two_processes_do_not_share_a_matrix(here, capsys):
    Path("m").mkdir()
    with locked(Path("m")):
        assert main(["bench", "--model", "dcgan,vae", *SMALL]) == 2
    assert "in use by process" in capsys.readouterr().err and here.started == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "dcgan,nothing"], "nothing"),
        (["--engine", "lokal"], "did you mean local"),
        (["--engine", "local", "--set", "engine.slots=2"], "has no options"),
        (["--engine", "slurm", "--set", "engine.hours=0"], "above 0"),
        (["--jobs", "0"], "--jobs"),
        (["--seeds", "0"], "--seeds"),
        (["--model", "dcgan,vae", "--out", "/proc/none/x"], "--out"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(here, capsys, tmp_path, arguments, message):
    assert main(["bench", *SMALL, *arguments]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and message in lines[0] and list(tmp_path.iterdir()) == [] and here.started == []
