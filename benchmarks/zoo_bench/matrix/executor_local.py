"""The executor `local`: a process of this machine for each job."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from zoo_core.cli.interpreter import python, variables
from zoo_core.executors import Job


@dataclass(frozen=True)
class Child:
    """A running job. `errors` takes what its process writes on standard error."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]


class LocalExecutor:
    """Children in sessions of their own: a Ctrl-C in the terminal reaches only their parent, which then stops them once."""

    def __init__(self, options: None = None) -> None:
        self.children: dict[str, Child] = {}

    @property
    def slots(self) -> int:
        return cores()

    def start(self, job: Job) -> None:
        errors = tempfile.TemporaryFile()  # noqa: SIM115, it lives as long as the child
        process = subprocess.Popen(
            python("-m", "zoo_core.executors", job.target, json.dumps(job.arguments)),
            stdin=subprocess.PIPE,  # its end tells the child to stop
            stdout=errors,
            stderr=errors,
            env=variables(OMP_NUM_THREADS=str(job.threads)),
            start_new_session=True,
        )
        self.children[job.name] = Child(process, errors)

    def ended(self) -> Mapping[str, str]:
        over = {name: child for name, child in self.children.items() if child.process.poll() is not None}
        for name in over:
            del self.children[name]
        return {name: _end(child) for name, child in over.items()}

    def stop(self) -> None:
        for child in self.children.values():
            if child.process.stdin and not child.process.stdin.closed:
                child.process.stdin.close()
        for child in self.children.values():
            child.process.wait()


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end(child: Child) -> str:
    """What ended a process early, "" if nothing did."""
    code = child.process.returncode
    if child.process.stdin:
        child.process.stdin.close()
    child.errors.seek(0)
    lines = child.errors.read().decode(errors="replace").strip().splitlines()
    child.errors.close()
    if code == 0:
        return ""
    how = f"its process was ended by signal {-code}" if code < 0 else f"its process ended with exit code {code}"
    return f"{how}: {lines[-1]}" if lines else how
