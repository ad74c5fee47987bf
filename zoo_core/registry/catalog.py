"""What the installed plugins provide, found without importing any of their networks.

pluggy's own loading of entry points stops at the first bad plugin and silently skips the second of two with one name. Here
every plugin is loaded by itself, and one that fails costs nothing but its own entries.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pluggy

from zoo_core import hooks
from zoo_core.errors import ZooError
from zoo_core.hooks import GROUP, KINDS, Entry
from zoo_core.registry import names
from zoo_core.registry.installed import CORE, Plugin, Point, installed
from zoo_core.registry.problems import Refused, cause, check_entry


@dataclass(frozen=True)
class Provided:
    """An entry and the distribution that it came with."""

    entry: Entry
    distribution: str  # normal name: lower case, hyphens
    version: str

    @property
    def id(self) -> str:
        return f"{self.distribution}/{self.entry.name}"

    def __str__(self) -> str:
        return f"{self.entry.kind} {self.id}"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a plugin, on one line."""

    distribution: str
    cause: str


@dataclass(frozen=True)
class Catalog:
    """Everything that is installed. `hooks` holds the plugins that could be loaded, for hooks beside `zoo_entries`."""

    entries: tuple[Provided, ...]
    problems: tuple[Problem, ...]
    plugins: tuple[Plugin, ...]
    hooks: pluggy.PluginManager

    def of(self, kind: str) -> tuple[Provided, ...]:
        """All entries of a kind, sorted by name."""
        return tuple(
            sorted((item for item in self.entries if item.entry.kind == kind), key=lambda item: item.id.split("/")[::-1])
        )

    def ids(self) -> dict[str, list[str]]:
        """Kind -> canonical ids."""
        return {kind: [item.id for item in self.of(kind)] for kind in KINDS}

    def broken(self) -> dict[str, str]:
        """Distribution -> cause, for those of which nothing could be loaded."""
        alive = {item.distribution for item in self.entries}
        return {problem.distribution: problem.cause for problem in self.problems if problem.distribution not in alive}

    def find(self, kind: str, name: str, prefer: str = "") -> Provided:
        """The entry that a canonical id or a short name means; `prefer` names the distribution whose own entry wins.

        A former id means the entry that had it. Raises ZooError for an unknown name, and for a short name or a former id that
        several plugins provide for this kind.
        """
        known_kind(kind)
        id = names.resolve(kind, name, self.ids(), self.broken(), prefer, self.aliases(kind))
        return next(item for item in self.of(kind) if item.id == id)

    def aliases(self, kind: str) -> dict[str, list[str]]:
        """Former id -> canonical ids of the entries of this kind that had it; one, if plugins do not contradict each other."""
        former: dict[str, list[str]] = {}
        for item in self.of(kind):
            for alias in item.entry.aliases:
                former.setdefault(alias, []).append(item.id)
        return former

    def current(self, kind: str, id: str) -> str:
        """The canonical id of the entry that a saved id means; the id itself, if nothing installed had it."""
        meant = self.aliases(kind).get("/".join(names.split(id)), [])
        return meant[0] if len(meant) == 1 else id

    def check_requires(self, item: Provided) -> None:
        """Raises ZooError that says what to install, if an entry names those of plugins that are not installed."""
        there = {plugin.distribution for plugin in self.plugins}
        missing = " ".join(name for name in item.entry.requires if name not in there)
        if missing:
            raise ZooError(f"{item} needs {missing.replace(' ', ' and ')}, not installed here: pip install {missing}")

    def short(self, item: Provided) -> str:
        """What to type for an entry: its name where that is unique for its kind, else its canonical id."""
        same = [other for other in self.of(item.entry.kind) if other.entry.name == item.entry.name]
        return item.entry.name if len(same) == 1 else item.id

    def load_target(self, item: Provided) -> Any:
        """Import what an entry points at. Raises ZooError that names the plugin and the cause."""
        if not item.entry.target:
            raise ZooError(f"{item} names parts and has no target of its own: zoo info {item.id}")
        return _load(item, "target", item.entry.target)

    def weights(self, item: Provided) -> Path | None:
        """The folder of the trained model that comes with a model's distribution, None if none does.

        Raises ZooError that names the plugin and the cause.
        """
        if not item.entry.weights:
            return None
        from importlib.resources import files  # not needed to list or to look up

        package, _, inside = item.entry.weights.partition(":")
        try:
            folder = Path(str(files(package).joinpath(inside)))
        except Exception as error:
            raise _broken(item, f"weights {item.entry.weights}", error) from error
        if not folder.is_dir():
            raise ZooError(f"{item} ships no {item.entry.weights}: reinstall {item.distribution}")
        return folder

    def load_config(self, item: Provided) -> type | None:
        """The options class of an entry, None if it has no options. Raises ZooError that names the plugin and the cause."""
        if not item.entry.config:
            return None
        config = _load(item, "config", item.entry.config)
        from zoo_core.options import describe  # not needed to list or to look up

        try:
            if not isinstance(config, type):
                raise TypeError("it is not a class")
            describe(config)
        except Exception as error:
            raise _broken(item, f"config {item.entry.config}", error) from error
        return config

    def options(self, kind: str, name: str, values: Mapping[str, Any] | None = None) -> Any:
        """The options of an entry, of text or of their own types, with defaults for the rest; None for one without options.

        Raises ZooError for an unknown name, for values that the entry does not take, and for a broken plugin.
        """
        item = self.find(kind, name)
        config = self.load_config(item)
        if config is None:
            if values:
                raise ZooError(f"{item} has no options; leave out {', '.join(values)}")
            return None
        from zoo_core.options import parse  # not needed to list or to look up

        return parse(config, values or {}, str(item))

    def make(self, kind: str, name: str, values: Mapping[str, Any] | None = None, *arguments: Any) -> Any:
        """What the target of an entry returns for `arguments` and its options, which come last. Raises as `options` does."""
        options = self.options(kind, name, values)
        return self.load_target(self.find(kind, name))(*arguments, options)


def known_kind(kind: str) -> str:
    """`kind` itself. Raises ZooError for anything but a kind of entry."""
    if kind not in KINDS:
        near = names.nearest(kind, KINDS)
        hint = f"did you mean {near}?" if near else f"type one of {', '.join(KINDS)}"
        raise ZooError(f"no kind is called {names.one_line(kind, 60)}: {hint}")
    return kind


@cache
def discover() -> Catalog:
    """Load every plugin of entry-point group `zoo_core.hooks.GROUP`, once per process. Never raises for a bad plugin.

    ZOO_PLUGINS in the environment, a comma-separated list of distributions, loads only those and zoo-core.
    """
    manager = _manager()
    plugins = installed()
    problems: list[Problem] = []
    if (subset := os.environ.get("ZOO_PLUGINS")) is not None:
        wanted = {names.normal(word.strip()) for word in subset.split(",") if word.strip()} | {CORE}
        known = {plugin.distribution for plugin in plugins}
        for absent in sorted(wanted - known):
            near = names.nearest(absent, known)
            hint = f"; did you mean {near}?" if near else ""
            problems.append(Problem(absent, f"named in ZOO_PLUGINS but not installed{hint}"))
        plugins = [plugin for plugin in plugins if plugin.distribution in wanted]

    entries: list[Provided] = []
    for plugin in plugins:
        if plugin.damage:
            problems.append(Problem(plugin.distribution, plugin.damage))
            continue
        points = [point for point in plugin.points if point.group == GROUP]
        if not points:
            made_for = ", ".join(sorted({point.group for point in plugin.points}))
            problems.append(Problem(plugin.distribution, f"made for another API version: {made_for}, and this is {GROUP}"))
            continue
        try:
            with contextlib.redirect_stdout(sys.stderr):  # what a plugin prints must not end up in `--json`
                found, remarks = _collect(plugin, points, manager)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may call sys.exit
            problems.append(Problem(plugin.distribution, cause(error)))
        else:
            entries += found
            problems += [Problem(plugin.distribution, remark) for remark in remarks]
    return Catalog(tuple(entries), (*problems, *_contradictions(entries)), tuple(plugins), manager)


def _contradictions(entries: list[Provided]) -> Iterator[Problem]:
    """Former ids that are claimed by two entries of a kind, or taken by another."""
    claims: dict[tuple[str, str], list[Provided]] = {}
    for item in entries:
        for id in (item.id, *item.entry.aliases):
            claims.setdefault((item.entry.kind, id), []).append(item)
    for (kind, id), items in claims.items():
        for item in items if len(items) > 1 else ():
            if id in item.entry.aliases:
                others = " and ".join(other.id for other in items if other is not item)
                yield Problem(item.distribution, f"{item.id} says it was {kind} {id}, and so does or is {others}")


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager("zoo")
    manager.add_hookspecs(hooks)
    return manager


def _collect(plugin: Plugin, points: list[Point], manager: pluggy.PluginManager) -> tuple[list[Provided], list[str]]:
    """Import and ask one plugin, then register it. Returns its entries and what is wrong but bearable; raises anything."""
    entries: list[Provided] = []
    remarks = []
    modules = []
    seen: set[tuple[str, str]] = set()
    for point in points:
        light = "torch" not in sys.modules
        module = point.load()
        if light and "torch" in sys.modules:
            remarks.append(f"{point.value} imports torch, which slows every command; only modules of targets may")
        scratch = _manager()  # a plugin that is refused below must leave no trace in the real one
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scratch.register(module, point.name)
        scratch.check_pending()
        # pluggy warns of hooks that are deprecated (`warn_on_impl` of their specification, which names the replacement).
        remarks += [f"{point.value} uses what is deprecated: {names.one_line(str(warning.message))}" for warning in caught]
        if not scratch.get_hookcallers(module):
            raise Refused(f"{point.value} has no function zoo_entries marked with @hookimpl")
        answers = scratch.hook.zoo_entries()
        if not answers and scratch.hook.zoo_entries.get_hookimpls():  # pluggy drops None
            raise Refused(f"zoo_entries of {point.value} returned None, not a list of entries")
        for entry in (entry for answer in answers for entry in answer):
            check_entry(entry)
            if (entry.kind, entry.name) in seen:
                raise Refused(f"it provides two entries {entry.kind} {entry.name}")
            seen.add((entry.kind, entry.name))
            entries.append(Provided(entry, plugin.distribution, plugin.version))
        modules.append((point.name, module))
    for name, module in modules:
        if manager.has_plugin(name):  # canonical ids keep the entries apart; hooks must not get lost either
            remarks.append(f"the name of its entry point, {name}, is taken by another plugin; rename it in its pyproject.toml")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said once, above
            manager.register(module, f"{plugin.distribution}:{name}" if manager.has_plugin(name) else name)
    return entries, remarks


def _load(item: Provided, what: str, spec: str) -> Any:
    module, _, attribute = spec.partition(":")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            value: Any = importlib.import_module(module)
            for name in attribute.split("."):
                value = getattr(value, name)
        return value
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an import may call sys.exit
        raise _broken(item, f"{what} {spec}", error) from error


def _broken(item: Provided, what: str, error: BaseException) -> ZooError:
    return ZooError(f"plugin {item.distribution} is broken: {what} of {item}: {cause(error)}")
