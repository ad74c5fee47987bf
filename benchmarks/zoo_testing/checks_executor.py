"""Checks of executors. The jobs are functions of the standard library, so that every machine of a cluster has them."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zoo_core.errors import RunFailure, ZooError
from zoo_core.executors import Job
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.subject import Subject

PATIENCE = 60.0  # seconds until a job that takes none must have ended
SLEEPS = "import pathlib, time; pathlib.Path(__file__).with_name('begun').touch(); time.sleep(600)"


def runs(subject: Subject) -> None:
    """It calls the function of each job, says once that it ended, and has at least one slot."""
    with _opened(subject) as executor, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expect(isinstance(executor.slots, int) and executor.slots >= 1, f"slots is {executor.slots!r}")
        for job in ("one", "two"):
            executor.start(Job(job, "os:mkdir", (str(folder / job),), folder))
        ended = _wait(executor, {"one", "two"})
        expect(set(ended.values()) == {""}, f"jobs that returned ended with {ended}")
        expect(all((folder / job).is_dir() for job in ("one", "two")), "a job was not called")
        again = dict(executor.ended())
        expect(not again, f"it says twice that {', '.join(again)} ended")


def reports(subject: Subject) -> None:
    """It says why a job ended early: one that raised an exception, and one of which the process died."""
    with _opened(subject) as executor, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        executor.start(Job("raises", "operator:truediv", (1, 0), folder))
        executor.start(Job("dies", "os:_exit", (3,), folder))
        ended = _wait(executor, {"raises", "dies"})
        silent = [job for job, why in ended.items() if not (isinstance(why, str) and why.strip())]
        expect(not silent, f"it does not say why the job that {' and '.join(silent)} ended")


def stops(subject: Subject) -> None:
    """stop() ends the jobs that run and returns when they have, which ended() then says; it may be called again."""
    with _opened(subject) as executor, tempfile.TemporaryDirectory() as name:
        begun, script = Path(name, "begun"), Path(name, "sleeps.py")
        script.write_text(SLEEPS)
        executor.start(Job("sleeps", "runpy:run_path", (str(script),), Path(name)))
        until = time.monotonic() + PATIENCE
        while not begun.exists():
            expect(time.monotonic() < until, f"after {PATIENCE:g} s a job has not begun")
            time.sleep(0.05)
        started = time.monotonic()
        executor.stop()
        executor.stop()
        expect(time.monotonic() - started < PATIENCE, "it waits for jobs that it should interrupt")
        expect("sleeps" in executor.ended(), "after it the job has not ended")


@contextlib.contextmanager
def _opened(subject: Subject) -> Iterator[Any]:
    try:
        executor = subject.target(subject.options)
    except (ZooError, RunFailure) as error:  # a library or a cluster that it needs is not here
        raise NotApplicable(str(error)) from None
    try:
        yield executor
    finally:
        executor.stop()


def _wait(executor: Any, names: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    until = time.monotonic() + PATIENCE
    while names - found.keys():
        expect(time.monotonic() < until, f"after {PATIENCE:g} s it has not said that {', '.join(names - found.keys())} ended")
        for name, why in executor.ended().items():
            expect(name not in found, f"it says twice that {name} ended")
            found[name] = why
        time.sleep(0.05)
    return found


READ = "zoo_core/executors.py; docs/reference/interfaces.md"
CHECKS: tuple[Check, ...] = checks("executor", "executor", READ, runs, reports, stops)
