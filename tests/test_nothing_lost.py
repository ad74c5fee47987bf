"""Runs that are killed, crowded out or starved of disk: what was done is kept, and the end is the same to the byte."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import sys
import time
from pathlib import Path

import pytest
import torch

from zoo_core.cli import main

SETTINGS = ("generator.width=2", "critic.width=4", "generator.max_width=8", "critic.max_width=8", "latent=6", "train.batch=4")
SMALL = ["bench", "--size", "16", "--threads", "1", "--no-eval"]
SMALL += [word for setting in (*SETTINGS, "dataset.count=40") for word in ("--set", setting)]
STEPS = 20
RUN = [*SMALL, "--steps", str(STEPS), "--checkpoint-every", "0.05"]
LONG = [*SMALL, "--steps", "10000"]  # a line of metrics every 25
KILLS = 50

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses fork and signals")


def in_a_child(arguments: list[str], prepare=lambda: None) -> int:
    """Run a command in a forked process (torch is imported once, in the parent); returns its pid."""
    torch.set_num_threads(1)
    pid = os.fork()
    if pid:
        return pid
    code = 1
    with contextlib.suppress(BaseException):
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        prepare()
        code = main(arguments)
    os._exit(code)


def code_of(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture(scope="module", autouse=True)
def small_grids():
    """So short a run draws its samples after every step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zoo_bench.samples.drawn.GRID_SAMPLES", 4)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory, small_grids):
    """A run that nothing disturbs, and how long it takes."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert main([*SMALL, "--steps", "1", "--out", str(folder.with_name("first"))]) == 0  # what a run imports, its children have
    start = time.monotonic()
    assert code_of(in_a_child([*RUN, "--out", str(folder)])) == 0
    return folder, time.monotonic() - start


def test_killed_at_random_moments_it_ends_with_the_same_bytes(whole, tmp_path):
    """Kill -9 again and again, each time going on with what is left, as often as it takes; then let it finish."""
    folder, seconds = whole
    draw = random.Random(0)
    kills = rounds = 0
    while kills < KILLS:
        rounds += 1
        run = tmp_path / f"run{rounds}"
        finished = False
        while not finished and kills < KILLS:
            go_on = ["bench", "--resume", str(run), "--no-eval", "--checkpoint-every", "0.05"]
            pid = in_a_child(go_on if (run / "recipe.json").exists() else [*RUN, "--out", str(run)])
            time.sleep(draw.uniform(0.2, 1.1) * seconds * draw.uniform(0.2, 1))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            code = code_of(pid)
            assert code in (0, -signal.SIGKILL)
            finished = code == 0
            kills += code != 0
        if not finished:
            go_on = ["bench", "--resume", str(run), "--no-eval"]
            assert code_of(in_a_child(go_on if (run / "recipe.json").exists() else [*RUN, "--out", str(run)])) == 0
        for name in ("model/model.safetensors", "model/config.json", "samples/final.png"):
            assert (run / name).read_bytes() == (folder / name).read_bytes(), f"{name} after {kills} kills"
        lines = [json.loads(line)["iteration"] for line in (run / "metrics.jsonl").read_text().splitlines()]
        assert lines == sorted(set(lines)) and lines[-1] == STEPS
        assert not list(run.rglob("*.tmp")) or kills, "temporary files are left only by kills"


def test_two_processes_do_not_share_a_run(whole, tmp_path, capsys):
    run = tmp_path / "run"
    pid = in_a_child([*LONG, "--out", str(run)])
    try:
        wait_for(run / "metrics.jsonl")
        for arguments in (["bench", "--resume", str(run)], [*RUN, "--out", str(run), "--overwrite"]):
            assert main(arguments) == 2
            error = capsys.readouterr().err.splitlines()[-1]
            assert f"in use by process {pid}" in error
        assert (run / "recipe.json").exists() and (run / "metrics.jsonl").exists()
    finally:
        os.kill(pid, signal.SIGKILL)
        code_of(pid)
    assert code_of(in_a_child([*RUN, "--out", str(run), "--overwrite"])) == 0  # the lock of a dead process is no lock


@pytest.mark.parametrize("limit", [200, 3_000, 12_000])
def test_a_full_disk_is_one_line_and_the_last_good_state_is_kept(whole, tmp_path, limit):
    def starve() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    run = tmp_path / "run"
    assert code_of(in_a_child([*RUN, "--out", str(run)], starve)) == 1
    assert not list(run.rglob("*.tmp"))
    for path in run.glob("checkpoints/*"):
        assert path.stat().st_size > limit or path.stat().st_size == (whole[0] / "checkpoints" / path.name).stat().st_size
    again = ["bench", "--resume", str(run), "--no-eval"] if (run / "recipe.json").exists() else [*RUN, "--out", str(run)]
    assert code_of(in_a_child(again)) == 0
    assert (run / "model/model.safetensors").read_bytes() == (whole[0] / "model/model.safetensors").read_bytes()


def test_ctrl_c_saves_and_says_how_to_go_on(whole, tmp_path):
    run = tmp_path / "run"
    pid = in_a_child([*LONG, "--out", str(run)])
    wait_for(run / "metrics.jsonl")
    os.kill(pid, signal.SIGINT)
    assert code_of(pid) == 130
    assert list((run / "checkpoints").iterdir())


def wait_for(path: Path) -> None:
    for _ in range(1200):
        if path.exists() and path.stat().st_size:
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")
