"""Settings of every test in the repository."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator

import pytest

# Tests run in parallel processes: threads that wait for each other cost more than they give, and in the programs that tests
# start they must not wait by spinning.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def pytest_configure(config: pytest.Config) -> None:
    """One cache for all tests of a session, in all its processes, and never the user's."""
    if not hasattr(config, "workerinput"):  # workers of pytest-xdist inherit the environment
        cache = tempfile.TemporaryDirectory(prefix="zoo-test-cache-", ignore_cleanup_errors=True)
        config.add_cleanup(cache.cleanup)
        os.environ["ZOO_CACHE"] = cache.name


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """`zoo bench` sets the threads of its process; a test after it must not find another number."""
    _one_thread()
    yield
    _one_thread()


def _one_thread() -> None:
    torch = sys.modules.get("torch")  # tests that need no torch do not pay for it
    if torch is not None:
        torch.set_num_threads(1)
