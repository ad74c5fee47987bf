"""What a matrix may vary, read from the options of `zoo bench`. Imports nothing heavy: every `zoo bench` asks."""

from __future__ import annotations

from zoo_bench.asked import Asked, Design
from zoo_bench.records.matrix import AXES, is_matrix
from zoo_core.errors import ZooError
from zoo_core.registry.catalog import Catalog


def is_for_matrix(asked: Asked) -> bool:
    """Whether the options mean more than one run, or one that an executor is to start."""
    if asked.session.resume:
        return is_matrix(asked.session.resume)
    lists = any("," in names for names in _named(asked.design).values())
    sweep = asked.sweep
    return lists or bool(sweep.varied) or sweep.seeds > 1 or bool(sweep.jobs or sweep.engine or sweep.dry_run)


def axes(design: Design, catalog: Catalog) -> dict[str, list[str]]:
    """Flag -> names, for the flags that have any. Raises ZooError for an unknown name, and for one that comes twice."""
    words = {}
    for flag, names in _named(design).items():
        words[flag] = _words(f"--{flag} {names}", names)
        ids = [catalog.find(AXES[flag], word).id for word in words[flag]]
        twice = next((word for place, word in enumerate(words[flag]) if ids[place] in ids[:place]), None)
        if twice:
            raise ZooError(f"--{flag} names {twice} twice; type it once")
    return words


def varied(asked: Asked) -> dict[str, list[str]]:
    """Option -> values, for each --vary. Raises ZooError for what is no list, and for an option that is also set elsewhere."""
    values_of: dict[str, list[str]] = {}
    fixed = {text.partition("=")[0] for text in asked.design.settings}
    for text in asked.sweep.varied:
        key, sign, values = text.partition("=")
        if not (key and sign):
            raise ZooError(f"--vary {text} must be [PART.]KEY=VALUE,VALUE")
        if key in values_of or key in fixed:
            raise ZooError(f"--vary {text}: {key} is given twice; type all its values after one --vary")
        words = _words(f"--vary {text}", values)
        if len(set(words)) < len(words):
            raise ZooError(f"--vary {text} has the same value twice; type it once")
        values_of[key] = words
    return values_of


def _named(design: Design) -> dict[str, str]:
    """Flag -> what is typed after it, of the flags that may name several entries."""
    return {flag: text for flag, text in {"model": design.model, **design.parts}.items() if text}


def _words(typed: str, text: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise ZooError(f"{typed} has nothing between two commas or at an end; type words with one comma between them")
    return words
