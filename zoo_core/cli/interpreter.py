"""Child interpreters. They start in the folder that the user stands in, and what lies there is data, never code.

Python puts the current folder in front of the path of `python -m` and `python -c`: in a set of images that somebody sent, a
file named like a module or a folder named like a distribution would run. The safe path leaves the folder out
(https://docs.python.org/3/using/cmdline.html, -P).
"""

from __future__ import annotations

import os
import sys

SAFE_PATH = {"PYTHONSAFEPATH": "1"}  # what -P is to one interpreter, this is to all that it starts in turn


def python(*arguments: str) -> list[str]:
    """The command line of a new interpreter, without the current folder on its path."""
    return [sys.executable, "-P", *arguments]


def variables(**more: str) -> dict[str, str]:
    """This environment and `more`, with the safe path for all interpreters below."""
    return {**os.environ, **more, **SAFE_PATH}
