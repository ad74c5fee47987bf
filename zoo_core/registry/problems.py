"""What is wrong with a plugin, on one line. Nothing of the plugin is imported here."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pluggy

from zoo_core.hooks import KINDS, PARTS, Entry
from zoo_core.registry import names
from zoo_core.registry.installed import Point

TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
SHIPPED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:\w[\w-]*(/\w[\w-]*)*", re.ASCII)  # package:folder/folder
DISTRIBUTION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)  # a normal name
FORMER = re.compile(rf"{DISTRIBUTION.pattern}/{names.NAME.pattern}", re.ASCII)
SETTABLE = (*PARTS, "train", "guide")  # what a model may set options of
NEED = re.compile(r"labels|guide|size=[0-9]+(\|[0-9]+)*|channels=[134](\|[134])*", re.ASCII)
EXTRACTOR = re.compile(r"\S+")
OWN = (str(Path(__file__).with_name("catalog.py")), importlib.__file__, Point.load.__code__.co_filename)  # say nothing


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


def check_entry(entry: Any) -> None:
    """Raises Refused for anything but a well-formed Entry. Imports nothing."""
    if not isinstance(entry, Entry):
        raise Refused(f"zoo_entries gave {names.one_line(repr(entry), 80)}, not an Entry")
    if entry.kind not in KINDS:
        raise Refused(f"kind {entry.kind!r} of entry {entry.name!r} is none of {', '.join(KINDS)}")
    what = f"{entry.kind} {entry.name!r}"
    if not (isinstance(entry.name, str) and names.NAME.fullmatch(entry.name)):
        raise Refused(f"name of {what} may hold lower-case letters, digits, _ and -, and starts with a letter or digit")
    for field in ("target", "config", "summary", "paper", "weights"):
        if not isinstance(getattr(entry, field), str):
            raise Refused(f"{field} of {what} must be text")
    _check_lists(entry, what)
    for pairs in (entry.parts, entry.options):
        if not isinstance(pairs, Mapping) or not all(isinstance(key, str) for key in pairs):
            raise Refused(f"parts and options of {what} must be mappings from text")
    problem = "".join(_model_problems(entry) if entry.kind == "model" else _component_problems(entry))
    if problem:
        raise Refused(f"{what} {problem}")


def _check_lists(entry: Entry, what: str) -> None:
    if not _all_match(NEED, entry.needs):
        raise Refused(f"needs of {what} must be a tuple of labels, guide, size=64|128 or channels=3, not {entry.needs!r}")
    if not _all_match(DISTRIBUTION, entry.requires):
        raise Refused(f"requires of {what} must be a tuple of distributions such as 'zoo-bench', not {entry.requires!r}")
    if not _all_match(FORMER, entry.aliases):
        raise Refused(f"aliases of {what} must be a tuple of former ids, distribution/name, not {entry.aliases!r}")
    if not _all_match(EXTRACTOR, entry.features):
        raise Refused(f"features of {what} must be a tuple of names of extractors such as sprites, not {entry.features!r}")
    if entry.ignores and (entry.kind, entry.ignores) != ("generator", ("upsampler",)):
        raise Refused(f'ignores of {what} may be ("upsampler",), of a generator, not {entry.ignores!r}')


def _all_match(pattern: re.Pattern[str], texts: Any) -> bool:
    return isinstance(texts, tuple) and all(isinstance(text, str) and pattern.fullmatch(text) for text in texts)


def _model_problems(entry: Entry) -> Iterator[str]:
    parts = {part: name for part, name in entry.parts.items() if part not in PARTS or not isinstance(name, str) or not name}
    keys = [key for key in entry.options if key.partition(".")[0] not in SETTABLE or not key.partition(".")[2]]
    if entry.target or entry.config:
        yield "must have parts, not a target or a config"
    elif entry.weights and not SHIPPED.fullmatch(entry.weights):
        yield f"has weights {entry.weights!r}; write them as package:folder, without .. and a leading /"
    elif parts:
        yield f"has parts {parts!r}; parts are {', '.join(PARTS)}, each with a name"
    elif keys:
        yield f"has options {', '.join(keys)}; write them as part.option, with part one of {', '.join(SETTABLE)}"


def _component_problems(entry: Entry) -> Iterator[str]:
    if not TARGET.fullmatch(entry.target):
        yield f"has target {entry.target!r}; write it as module:attribute"
    elif entry.config and not TARGET.fullmatch(entry.config):
        yield f"has config {entry.config!r}; write it as module:Dataclass"
    elif entry.options or entry.weights or (entry.parts and entry.kind != "objective"):
        yield "has parts, options of parts or weights, which only a model has"
    elif any(part not in PARTS or part == "objective" or not isinstance(name, str) for part, name in entry.parts.items()):
        yield f"has parts {dict(entry.parts)!r}; an objective may name a generator, a critic, an upsampler or an adversarial"
