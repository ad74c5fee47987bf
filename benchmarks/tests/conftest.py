"""One small run that several test files publish, score again or start from."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from zoo_core.cli import main

SMALL = [
    "bench", "--size", "16", "--set", "generator.width=2", "--set", "critic.width=4", "--set", "generator.max_width=8", "--set",
    "critic.max_width=8", "--set", "latent=6", "--set", "train.batch=4", "--set", "dataset.count=40", "--threads", "1",
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
