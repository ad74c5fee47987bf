"""What leaves this machine says nothing about it: no folders, no user names, no tokens."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

KEPT = ("space",)  # names of label values are the model's interface, whatever they look like
_SEPARATOR, _NAME = r"[\\/]", r"[^\s\\/'\":,;|<>()]+"
# A folder of the user or a drive with one part or more, or an absolute path with two or more; the path of a URL is none.
PATH = re.compile(rf"(?<![\w.~/\\])(?:(?:~\w*|[A-Za-z]:)(?:{_SEPARATOR}{_NAME})+|(?:{_SEPARATOR}{_NAME}){{2,}}){_SEPARATOR}?")
TOKEN = re.compile(r"hf_[A-Za-z0-9]{8,}")
_WORD = re.compile(r"(?P<before>(?:.*?[=:])?)(?P<path>(?:~|[A-Za-z]:|\.\.)?[\\/].*)", re.DOTALL)


def scrub(value: Any) -> Any:
    """A JSON value in which paths are cut down to their last part and tokens removed. Keys stay as they are."""
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, Mapping):
        return {key: _scrub_field(key, item) for key, item in value.items()}
    return [scrub(item) for item in value] if isinstance(value, list | tuple) else value


def _scrub_field(key: str, item: Any) -> Any:
    return item if key in KEPT else SPECIAL[key](item) if key in SPECIAL else scrub(item)


def scrub_text(text: str) -> str:
    """Text with the paths in it cut down. A path with blanks in it is cut as far as the blank, but for the home folder."""
    text = TOKEN.sub("hf_...", text.replace(str(Path.home()), "~") if len(str(Path.home())) > 1 else text)
    return PATH.sub(lambda match: last_part(match[0]), text)


def scrub_command(command: Any) -> str:
    """A command line in which every word that is or ends in a path, blanks included, keeps the last part of it."""
    try:
        words = shlex.split(str(command))
    except ValueError:  # an open quote
        return scrub_text(str(command))
    return shlex.join(map(_scrub_word, words))


def _scrub_word(word: str) -> str:
    match = _WORD.fullmatch(word)
    return TOKEN.sub("hf_...", match["before"] + last_part(match["path"]) if match else word)


def last_part(path: Any) -> str:
    """The name that a path ends in, on any system."""
    return re.split(_SEPARATOR, str(path).rstrip("\\/"))[-1]


def _scrub_origin(origin: Mapping[str, str]) -> dict[str, str]:
    """The recipe's `init_from`: where it is no repository, it is a folder."""
    return {**origin, "ref": last_part(origin["ref"])} if origin and not origin.get("commit") else dict(origin)


SPECIAL: Mapping[str, Callable[[Any], Any]] = {"command": scrub_command, "path": last_part, "init_from": _scrub_origin}
