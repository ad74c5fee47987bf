"""Python code run in a process of its own, with the path of this one."""

from __future__ import annotations

import os
import subprocess
import sys

from zoo_core.cli.interpreter import python, variables


def run_fresh(code: str, *arguments: str, plugins: str | None = None, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run `code` with arguments in a new interpreter; `plugins` is the only distribution that is loaded beside zoo-core."""
    environment = variables(PYTHONPATH=os.pathsep.join(path or os.getcwd() for path in sys.path))
    environment.pop("ZOO_PLUGINS", None)
    if plugins is not None:
        environment["ZOO_PLUGINS"] = plugins
    command = python("-c", code, *arguments)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The last line that a process wrote to standard error: of a traceback, what went wrong."""
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
