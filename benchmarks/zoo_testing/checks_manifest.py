"""Checks of what a plugin says about itself: nothing here trains, and only targets are imported."""

from __future__ import annotations

import json

from zoo_core.errors import ZooError
from zoo_core.options import describe, parse, to_json
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.fresh import last_line, run_fresh
from zoo_testing.subject import Subject

HEAVY = ("torch", "numpy")
SUMMARY_LIMIT = 120  # characters: a line of `zoo list` beside a name

LIGHT = f"""
import sys
from zoo_core.registry.catalog import discover
catalog = discover()
if sys.argv[1] == "options":
    for item in catalog.entries:
        catalog.load_config(item)
print(*[name for name in {HEAVY} if name in sys.modules])
"""


def found(subject: Subject) -> None:
    """The distribution is installed, answers the hook, and every entry is well formed."""
    catalog, name = subject.catalog, subject.distribution
    known = {plugin.distribution for plugin in catalog.plugins} | {problem.distribution for problem in catalog.problems}
    expect(name in known, f"no plugin of that name is installed: pip install {name}, or pip install -e . in its folder")
    causes = [problem.cause for problem in catalog.problems if problem.distribution == name]
    expect(not causes, "; ".join(causes))
    expect(bool(subject.items), "zoo_entries returned no entries")


def summaries(subject: Subject) -> None:
    """Every entry has a summary of one line, at most 120 characters: it is what `zoo list` shows."""
    for item in subject.items:
        text = item.entry.summary
        expect(bool(text.strip()), f"{item} has no summary")
        expect(len(text) <= SUMMARY_LIMIT and text.isprintable(), f"the summary of {item} has {len(text)} characters: {text!r}")


def names(subject: Subject) -> None:
    """No other installed plugin provides the same name for a kind: users would have to type the full id of both."""
    for item in subject.items:
        same = [other for other in subject.catalog.of(item.entry.kind) if other.entry.name == item.entry.name]
        rivals = [other.distribution for other in same if other.distribution != item.distribution]
        expect(not rivals, f"{item.entry.kind} {item.entry.name} is also provided by {', '.join(rivals)}")


def light(subject: Subject) -> None:
    """The hook module imports neither torch nor numpy: every command pays for what it imports, even `zoo list`."""
    _expect_light(subject, "hook", "the hook module imports")


def options_light(subject: Subject) -> None:
    """The modules of options import neither torch nor numpy: `zoo info` and every plan of a run import them."""
    if not any(item.entry.config for item in subject.items):
        raise NotApplicable("no entry has options")
    _expect_light(subject, "options", "importing all options imports")


def importable(subject: Subject) -> None:
    """The target of the entry can be imported and called."""
    try:
        target = subject.target
    except ZooError as error:
        expect(False, str(error))
    expect(callable(target), f"{subject.entry.target} is {target!r}, which cannot be called")


def documented(subject: Subject) -> None:
    """Every option has a default and a help text, and the defaults are within their own bounds."""
    config = _config(subject)
    for option in describe(config):
        expect(bool(option.bounds.help.strip()), f"option {option.name} has no help text")
    try:
        parse(config, to_json(config()), str(subject.item))
    except ZooError as error:
        expect(False, f"a default is refused: {error}")


def json_round_trip(subject: Subject) -> None:
    """Options survive JSON: recipes and model folders hold them, and a run is resumed from them."""
    config = _config(subject)
    before = config()
    try:
        after: object = parse(config, json.loads(json.dumps(to_json(before), allow_nan=False)), str(subject.item))
    except (TypeError, ValueError) as error:
        expect(False, f"the defaults are no JSON: {error}")
    expect(after == before, f"{before} came back as {after}")


def typed(subject: Subject) -> None:
    """Every default can be typed: `--set option=TEXT` with the text that `zoo info` shows gives the same value."""
    config = _config(subject)
    for name, value in to_json(config()).items():
        text = _text(value)
        again = getattr(parse(config, {name: text}, str(subject.item)), name)
        expect(again == getattr(config(), name), f"--set {name}={text} gives {again!r} instead of {getattr(config(), name)!r}")


def _config(subject: Subject) -> type:
    config = subject.catalog.load_config(subject.provided)
    assert config is not None
    return config


def _text(value: object) -> str:
    """A value as `zoo info` shows it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return "none" if value is None else str(value)


def _expect_light(subject: Subject, what: str, words: str) -> None:
    done = run_fresh(LIGHT, what, plugins=subject.distribution, timeout=120)
    expect(done.returncode == 0, last_line(done))
    heavy = done.stdout.split()
    expect(not heavy, f"{words} {' and '.join(heavy)}; only modules of targets may")


HOOKS = "zoo_core/hooks.py; docs/reference/interfaces.md"
OPTIONS = "zoo_core/options.py; docs/reference/options.md"
_MANIFEST = checks("manifest", "", HOOKS, found, summaries, names, light, options_light)
_OPTIONS = checks("options", "options", OPTIONS, documented, json_round_trip)
CHECKS: tuple[Check, ...] = (
    *_MANIFEST,
    *checks("target", "target", HOOKS, importable),
    *_OPTIONS,
    *checks("options", "options", OPTIONS, typed, after=_OPTIONS),
)
