"""Settings of every test in the repository."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from zoo_core.registry.names import known

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


def absent_plugins(root: Path) -> frozenset[str]:
    """The project's distributions whose folder was taken out of plugins/; none in a whole checkout."""
    folders = {name: root / "plugins" / name.removeprefix("zoo-").replace("-", "_") for name in known()}
    return frozenset(name for name, folder in folders.items() if name != "zoo-bench" and not folder.is_dir())


ABSENT = absent_plugins(Path(__file__).parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A plugin's folder can be taken out: tests that end with the advice to install it are skipped, all others must pass."""
    report = yield
    if ABSENT and report.failed:
        said = re.findall(r"pip install (zoo-[a-z0-9-]+)", report.longreprtext + "".join(text for _, text in report.sections))
        if needed := sorted(ABSENT.intersection(said)):
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: {', '.join(needed)} is not there")
    return report


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
