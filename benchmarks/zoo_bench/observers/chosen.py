"""The observers that `zoo bench --log` names, with their options. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from zoo_core.observers import Observer
from zoo_core.registry.catalog import Catalog


@dataclass(frozen=True)
class Chosen:
    """An observer by its id, and the options that were typed."""

    id: str
    settings: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def split(names: Sequence[str], settings: Iterable[str], catalog: Catalog) -> tuple[list[Chosen], tuple[str, ...]]:
    """The observers of these names, and the settings that are not theirs.

    Raises ZooError for an unknown name, and for options that an observer does not have.
    """
    items = {item.id: item for name in names for item in [catalog.find("observer", name)]}.values()
    typed: dict[str, dict[str, str]] = {item.entry.name: {} for item in items}
    rest = []
    for text in settings:
        part, _, assignment = text.partition(".")
        key, equals, value = assignment.partition("=")
        if part in typed and equals:
            typed[part][key] = value
        else:
            rest.append(text)
    chosen = [Chosen(item.id, typed[item.entry.name]) for item in items]
    for each in chosen:
        catalog.options("observer", each.id, each.settings)  # raises for settings that it does not have
    return chosen, tuple(rest)


def opened(chosen: Iterable[Chosen], catalog: Catalog) -> dict[str, Observer]:
    """Name -> observer. Raises ZooError if a library that one needs is not installed."""
    found = {}
    for each in chosen:
        found[each.id.partition("/")[2]] = catalog.make("observer", each.id, each.settings)
    return found
