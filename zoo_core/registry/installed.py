"""Which distributions on the path are plugins.

importlib.metadata knows too, and is asked where anything unusual is on the path. But to import it (with the e-mail parser and
the archive formats) and to have it open every distribution takes a third of the time that `zoo list` has. The layout of
installed distributions is a standard ("Recording installed projects" and "Entry points" in the packaging specifications), so
for plain folders it is read here, anew by every process: there is no cache that could be stale.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import zoo_core
from zoo_core.hooks import GROUP
from zoo_core.registry.names import normal

CORE = "zoo-core"
GROUPS = re.compile(r"zoo\.v[0-9]+")  # of all versions of the API
Read = Callable[[str], str | None]  # name of a metadata file -> its text


@dataclass(frozen=True)
class Point:
    """An entry point: `value` is a module, or "module:attribute"."""

    name: str
    value: str
    group: str

    def load(self) -> Any:
        module, _, attributes = self.value.partition(":")
        found: Any = importlib.import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            found = getattr(found, attribute)
        return found


@dataclass(frozen=True)
class Plugin:
    """An installed distribution with entry points in `zoo.v` groups. `damage` says why its metadata cannot be read."""

    distribution: str  # normal name: lower case, hyphens
    version: str
    points: tuple[Point, ...]
    damage: str = ""


def installed() -> list[Plugin]:
    """The plugins on the path, zoo-core first and then by name. Imports none of them."""
    # zoo-core without its metadata, too: it may be on the path without being installed.
    core = Plugin(CORE, zoo_core.__version__, (Point(CORE, "zoo_core.registry.entries", GROUP),))
    found: dict[str, Plugin] = {}
    for place, read in _plain() if _is_plain() else _unusual():
        plugin = _read(place, read)
        if plugin is not None:  # of two with one name, Python imports the first on the path
            found.setdefault(plugin.distribution, plugin)
    found.pop(CORE, None)
    return [core, *(found[name] for name in sorted(found))]


def entry_points(text: str) -> list[Point]:
    """The entry points in the text of an entry_points.txt. Raises ValueError for a line that is none."""
    points = []
    group = ""
    for line in map(str.strip, text.splitlines()):
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            group = line[1:-1].strip()
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise ValueError(f"entry_points.txt has the line {line!r}")
        points.append(Point(name.strip(), value.partition("[")[0].strip(), group))  # "[extra]" has no meaning any more
    return points


def _read(place: str, read: Read) -> Plugin | None:
    """The plugin whose metadata `read` gives; None where nothing says that it is one."""
    try:
        text = read("entry_points.txt")
    except (OSError, UnicodeError):
        return None
    if not text or "zoo.v" not in text:
        return None
    name = normal(os.path.basename(place).partition("-")[0])
    version = ""
    try:
        points = tuple(point for point in entry_points(text) if GROUPS.fullmatch(point.group))
        headers: dict[str, str] = {}
        for line in (read("METADATA") or read("PKG-INFO") or "").splitlines():
            if not line:  # the description follows
                break
            key, _, value = line.partition(":")
            headers.setdefault(key.lower(), value.strip())
        name, version = normal(headers["name"]), headers["version"]
    except (OSError, ValueError, KeyError) as error:
        damage = f"its metadata in {place} is damaged, install it again: {type(error).__name__}: {error}"
        return Plugin(name, version, (), damage)
    return Plugin(name, version, points) if points else None


def _is_plain() -> bool:
    """Whether modules come from folders alone: no archives, no eggs, no finders that know distributions of their own."""
    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]
    eggs = [path for path in sys.path if path.endswith(".egg") or os.path.isfile(path)]
    return not eggs and [getattr(finder, "__name__", "") for finder in finders] == ["PathFinder"]


def _plain() -> Iterator[tuple[str, Read]]:
    for folder in dict.fromkeys(sys.path):
        try:
            names = sorted(name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info")))
        except OSError:  # a folder on the path need not exist
            continue
        for name in names:
            place = os.path.join(folder, name)
            yield place, partial(_text, place)


def _text(place: str, file: str) -> str | None:
    try:
        with open(os.path.join(place, file), encoding="utf-8") as text:
            return text.read()
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # an .egg-info may be a file
        return None


def _unusual() -> Iterator[tuple[str, Read]]:
    import importlib.metadata

    for distribution in importlib.metadata.distributions():
        yield str(getattr(distribution, "_path", "")), distribution.read_text
