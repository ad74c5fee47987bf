"""Tells observers what happens. None of them can break a run: one that raises is switched off."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.observers import Observer, Watched
from zoo_core.registry.problems import cause


class Watch:
    """All observers of a run as one. Leaving its context before `ended` tells them that the run failed."""

    def __init__(self, observers: Mapping[str, Observer], say: Callable[[str], None]) -> None:
        self.observers = dict(observers)
        self.say = say
        self.running = False

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.running:
            self.ended("failed", {})

    def started(self, run: Watched) -> None:
        self.running = True
        self._tell("started", run)

    def logged(self, record: Mapping[str, Any]) -> None:
        self._tell("logged", record)

    def pictured(self, name: str, iteration: int, pixels: NDArray[np.uint8]) -> None:
        self._tell("pictured", name, iteration, pixels)

    def ended(self, state: str, report: Mapping[str, Any]) -> None:
        self.running = False
        self._tell("ended", state, report)

    def _tell(self, event: str, *told: Any) -> None:
        for name, observer in list(self.observers.items()):
            try:
                with contextlib.redirect_stdout(sys.stderr):  # what an observer prints must not end up in `--json`
                    getattr(observer, event)(*told)
            except (Exception, SystemExit) as error:
                del self.observers[name]
                self.say(f"warning: {name} is switched off, the run goes on: {cause(error)}")
