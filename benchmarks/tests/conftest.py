"""What several test files need: one small run to publish, score again or start from, and matrices without processes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from zoo_core import executors
from zoo_core.cli import main
from zoo_core.executors import Job

SMALL = [
    "bench", "--model", "wgan_gp", "--size", "16", "--set", "generator.width=2", "--set", "critic.width=4",
    "--set", "generator.max_width=8", "--set", "critic.max_width=8", "--set", "latent=6", "--set", "train.batch=4",
    "--set", "dataset.count=40", "--threads", "1",
]  # fmt: skip


@pytest.fixture(scope="session")
def scored_run(tmp_path_factory) -> Path:
    """A finished run with labels and scores, not to be changed."""
    folder = tmp_path_factory.mktemp("scored") / "run"
    arguments = [*SMALL, "--labels", "type", "--steps", "2", "--device", "cpu", "--out", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["zoo", *arguments])  # what the recipe says was typed
        assert main(arguments) == 0
    return folder


@pytest.fixture
def run(scored_run, tmp_path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(scored_run, tmp_path / "run"))


@pytest.fixture
def zoo(capsys):
    """Type a command: (exit code, the last line of standard error)."""

    def type_it(*arguments: object) -> tuple[int, str]:
        code = main([str(argument) for argument in arguments])
        err = capsys.readouterr().err
        assert "Traceback" not in err
        return code, (err.splitlines() or [""])[-1]

    return type_it


class Here:
    """An executor that runs each job in this process as it is started. `lost` of the first starts end without a trace."""

    lost = 0
    started: list[str]  # by all of a test
    slots = 2

    def __init__(self, options: None = None) -> None:
        self.over: dict[str, str] = {}

    def start(self, job: Job) -> None:
        type(self).started.append(job.name)
        lost = len(self.started) <= self.lost
        if not lost:
            executors.call(job.target, job.arguments)
        self.over[job.name] = "signal 9" if lost else ""

    def ended(self) -> dict[str, str]:
        told, self.over = self.over, {}
        return told

    def stop(self) -> None:
        pass


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Matrices run in this process, in an empty folder."""
    from zoo_bench.matrix import drive, executor_local

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drive, "POLL", 0)
    executor = type("Executor", (Here,), {"started": []})
    monkeypatch.setattr(executor_local, "LocalExecutor", executor)
    return executor
