"""Options of a component: a frozen dataclass in which every field has a default, a help text and bounds.

@dataclass(frozen=True)
class Options:
    critic_steps: int = option(5, "critic steps per generator step", min=1)
    norm: str = option("none", "normalisation of the critic", choices=("none", "batch"))
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from zoo_core.errors import ZooError

T = TypeVar("T")


@dataclass(frozen=True)
class Bounds:
    """What a field accepts, beside its type."""

    help: str
    min: float | None = None
    max: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [
            f"at least {self.min}" if self.min is not None else "",
            f"above {self.above}" if self.above is not None else "",
        ]
        words += [
            f"at most {self.max}" if self.max is not None else "",
            f"below {self.below}" if self.below is not None else "",
        ]
        words += ["one of " + ", ".join(self.choices) if self.choices else ""]
        return ", ".join(word for word in words if word)

    def problem(self, value: Any) -> str | None:
        """Why the value is not accepted, or None."""
        if isinstance(value, tuple):
            return next((problem for part in value if (problem := self.problem(part))), None)
        if self.choices and value is not None and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        if isinstance(value, float) and not math.isfinite(value):
            return "must be finite"
        if isinstance(value, int | float) and not isinstance(value, bool):
            low = (self.min is not None and value < self.min) or (self.above is not None and value <= self.above)
            high = (self.max is not None and value > self.max) or (self.below is not None and value >= self.below)
            if low or high:
                return f"must be {self}"
        return None


def option(
    default: Any,
    help: str,
    *,
    min: float | None = None,
    max: float | None = None,
    above: float | None = None,
    below: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field with a help text and bounds: min <= value <= max, above < value < below."""
    return field(default=default, metadata={"zoo": Bounds(help, min, max, above, below, choices)})


@dataclass(frozen=True)
class Described:
    """One option as `zoo info` shows it."""

    name: str
    type: str
    default: Any
    bounds: Bounds


def describe(config: type) -> list[Described]:
    """The options of a config class, in order. Raises TypeError for a class that is not made as this module asks."""
    if not dataclasses.is_dataclass(config) or not config.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{config.__name__} must be a frozen dataclass")
    hints = _hints(config)
    found = []
    for item in dataclasses.fields(config):
        bounds = item.metadata.get("zoo")
        if bounds is None or item.default is dataclasses.MISSING:
            raise TypeError(f"{config.__name__}.{item.name} must be made with option(default, help)")
        found.append(Described(item.name, _type_name(hints[item.name]), item.default, bounds))
    return found


def parse(config: type[T], values: Mapping[str, Any], owner: str) -> T:
    """Make `config` from values that may be text. `owner` is named in errors ("objective acme-gans/lsgan")."""
    known = {item.name: item for item in describe(config)}
    hints = _hints(config)
    ready = {}
    for name, value in values.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'no options'}"
            raise ZooError(f"{owner} has no option {name}: {hint}")
        try:
            ready[name] = _convert(value, hints[name])
        except ValueError:
            raise ZooError(f"{owner}: {name}={value} must be {known[name].type}") from None
        problem = known[name].bounds.problem(ready[name])
        if problem:
            raise ZooError(f"{owner}: {name}={value} {problem}")
    return config(**ready)


def to_json(options: Any) -> dict[str, Any]:
    """Options as a JSON object; `parse` reads it back to an equal value."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(options).items()}


# Types of the fields, kept: Python compiles every annotation anew each time it is asked.
_hints: Callable[[type], Mapping[str, Any]] = functools.cache(typing.get_type_hints)


def _type_name(hint: Any) -> str:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(_type_name(part) for part in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return f"{_type_name(typing.get_args(hint)[0])},..."
    return "none" if hint is type(None) else str(getattr(hint, "__name__", hint))


def _convert(value: Any, hint: Any) -> Any:
    """`value` as the type `hint`; raises ValueError if it is not one."""
    kinds = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        for kind in sorted(kinds, key=lambda kind: kind is not type(None)):  # "none" is no name
            try:
                return _convert(value, kind)
            except ValueError:
                continue
        raise ValueError(value)
    if typing.get_origin(hint) is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            raise ValueError(value)
        return tuple(_convert(part, kinds[0]) for part in parts if part != "")
    if hint not in _READERS:
        raise ValueError(value)
    return _READERS[hint](value)


def _none(value: Any) -> None:
    if value is not None and value != "none":
        raise ValueError(value)


def _bool(value: Any) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in words:
        raise ValueError(value)
    return words[value.lower()]


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    return float(value)


def _int(value: Any) -> int:
    number = _float(value)
    if not number.is_integer():
        raise ValueError(value)
    return int(value) if not isinstance(value, str) or value.lstrip("+-").isdigit() else int(number)


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


_READERS: Mapping[Any, Callable[[Any], Any]] = {type(None): _none, bool: _bool, int: _int, float: _float, str: _str}
