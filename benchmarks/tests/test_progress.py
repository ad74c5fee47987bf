"""What a user sees while a model trains."""

from __future__ import annotations

import pytest

from zoo_bench.progress import TrainingProgress


def test_the_time_left_counts_what_this_process_did(capsys: pytest.CaptureFixture[str]) -> None:
    """A run that goes on far from its start has not become faster by what was done before."""
    TrainingProgress().update(900, 1000, rate=50.0, terms={"critic/score": 0.5}, pace=2.0)
    assert "iteration 900/1000, 50 img/s, 200 s left, critic/score 0.5" in capsys.readouterr().err
