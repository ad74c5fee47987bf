"""Why a plugin does not work, on one line."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pluggy

from zoo_core.registry import names
from zoo_core.registry.installed import Point

OWN = (
    str(Path(__file__).with_name("catalog.py")),
    importlib.__file__,
    Point.load.__code__.co_filename,
)  # frames that say nothing about a plugin


class Refused(Exception):
    """A plugin that could be imported but does not answer as `zoo_core.hooks` asks."""


def cause(error: BaseException) -> str:
    """What an exception says, on one line, with the place in the plugin that it came from."""
    try:
        text = repr(error.code) if isinstance(error, SystemExit) else str(error)
    except Exception:
        text = ""
    if isinstance(error, Refused):
        return names.one_line(text)
    place = ""
    frame = None if isinstance(error, SyntaxError | pluggy.PluginValidationError) else error.__traceback__
    while frame is not None:
        file = frame.tb_frame.f_code.co_filename
        if not file.startswith("<") and file not in OWN:
            place = f" ({'/'.join(file.replace(os.sep, '/').rsplit('/', 2)[-2:])}:{frame.tb_lineno})"
        frame = frame.tb_next
    return names.one_line(f"{type(error).__name__}{': ' if text else ''}{text}") + place
