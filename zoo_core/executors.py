"""What an executor is: something that runs jobs elsewhere, on this machine or on others. Imports neither torch nor numpy.

An entry of kind `executor` is a callable `(options) -> Executor`; `zoo bench --engine NAME` chooses it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Job:
    """One call, in a process of its own.

    target     "module:function", importable where the job runs.
    arguments  what it is called with; what it returns is dropped.
    folder     absolute path that exists and is seen by every machine; an executor may keep files there that begin with a dot.
    threads    processor cores that it uses.
    gpus       GPUs that it uses.
    A job may be started again after its process ended early, so its function must bear that. On SIGINT or SIGTERM it saves
    and returns.
    """

    name: str
    target: str
    arguments: tuple[str | int | float, ...]
    folder: Path
    threads: int = 1
    gpus: int = 0


class Executor(Protocol):
    """Starts jobs and says when they have ended. Used by one thread; made anew for every matrix."""

    @property
    def slots(self) -> int:
        """How many jobs of one thread run at once, at least 1; the caller starts no more than that unless told otherwise."""

    def start(self, job: Job) -> None:
        """Start a job and return at once. No two jobs that run have the same name."""

    def ended(self) -> Mapping[str, str]:
        """Names of the jobs that ended since the last call, each with what ended it early, "" for one that returned.

        Does not wait. A job that raised, and one of which the process died, ended early.
        """

    def stop(self) -> None:
        """Ask all jobs that run to save and return, wait until they have, and free what the executor holds.

        May be repeated; the next call of `ended` says how they ended.
        """


def call(target: str, arguments: tuple[Any, ...]) -> None:
    """Import and call a job's function."""
    module, _, attribute = target.partition(":")
    getattr(importlib.import_module(module), attribute)(*arguments)


def main() -> None:
    """A job as a child process: `python -m zoo_core.executors TARGET ARGUMENTS-AS-JSON`.

    Its standard input is a pipe from its parent. When the parent closes it, or dies in any way, that is taken as SIGTERM.
    """
    threading.Thread(target=_follow_parent, daemon=True).start()
    call(sys.argv[1], tuple(json.loads(sys.argv[2])))


def _follow_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
