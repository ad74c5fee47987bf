"""Checks of observers. They are told of runs that never were, in a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.errors import ZooError
from zoo_core.observers import Watched
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.subject import Subject

RECIPE: Mapping[str, Any] = {"model": "zoo-gan/gan", "seed": 0, "command": "zoo bench", "parts": {}, "options": {}}
TERMS: Mapping[str, float] = {"critic/real": 0.5, "generator/adversarial": -1.25}
REPORT: Mapping[str, Any] = {"scores": [{"name": "kid", "value": 0.1, "id": "kid-sprites-100x100-abcdef"}], "training": {}}


def watches(subject: Subject) -> None:
    """It bears what a run tells: the start, lines of metrics.jsonl with and without terms, a picture, the end with a report."""
    with tempfile.TemporaryDirectory() as name:
        observer = _opened(subject)
        observer.started(Watched(Path(name), RECIPE, 0))
        observer.logged(_line(1, TERMS))
        observer.logged(_line(2, {}))
        observer.pictured("samples", 2, np.zeros((8, 12, 3), np.uint8))
        observer.ended("finished", REPORT)


def resumes(subject: Subject) -> None:
    """It bears a run that is stopped and goes on in the same folder, there goes back to an earlier iteration, and fails."""
    with tempfile.TemporaryDirectory() as name:
        observer = _opened(subject)
        observer.started(Watched(Path(name), RECIPE, 0))
        observer.logged(_line(5, TERMS))
        observer.ended("stopped", {})
        observer = _opened(subject)
        observer.started(Watched(Path(name), RECIPE, 5))
        observer.logged(_line(7, TERMS))
        observer.logged({"iteration": 5, "rollbacks": []})
        observer.ended("failed", {})


def leaves(subject: Subject) -> None:
    """It leaves the files of the run as they are."""
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / file for file in ("recipe.json", "metrics.jsonl", "report.json", "report.html")]
        for file in files:
            file.write_text("as it is", encoding="utf-8")
        observer = _opened(subject)
        observer.started(Watched(Path(name), RECIPE, 0))
        observer.logged(_line(1, TERMS))
        observer.ended("finished", REPORT)
        changed = [file.name for file in files if not file.exists() or file.read_text(encoding="utf-8") != "as it is"]
        expect(not changed, f"{', '.join(changed)} of the run is not what it was")


def _line(iteration: int, terms: Mapping[str, float]) -> dict[str, Any]:
    """A line of metrics.jsonl as docs/reference/run-folder.md describes it."""
    pace = {"images": iteration * 8, "seconds": iteration * 0.5, "images_per_second": 16.0, "lr": 2e-4}
    return {"iteration": iteration, **pace, "terms": dict(terms)}


def _opened(subject: Subject) -> Any:
    try:
        return subject.target(subject.options)
    except ZooError as error:  # a library that it needs is not here
        raise NotApplicable(str(error)) from None


READ = "zoo_core/observers.py; docs/reference/interfaces.md"
CHECKS: tuple[Check, ...] = checks("observer", "observer", READ, watches, resumes, leaves)
