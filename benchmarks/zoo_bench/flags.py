"""Options of a command as frozen dataclasses: a field is an option, a class of fields is a group of `--help`."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import click

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])


class TitledOption(click.Option):
    """An option that knows the title it stands under in `--help`."""

    def __init__(self, *names: Any, title: str = "", **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.title = title


def flag(name: str, **settings: Any) -> Any:
    """A field that is typed as `name`. `settings` are those of click.option; a default is shown unless they say otherwise."""
    empty: Any = False if settings.get("is_flag") else () if settings.get("multiple") else None
    settings = {"show_default": "default" in settings, **settings}
    return dataclasses.field(default=settings.get("default", empty), metadata={"flag": name, "settings": settings})


def group(title: str, options: type) -> Any:
    """A field that holds `options`, a class whose fields are made with `flag`; `title` stands above them in `--help`."""
    return dataclasses.field(default_factory=options, metadata={"title": title, "options": options})


def groups_of(options: type) -> Iterator[tuple[str, str, type]]:
    """(name of the field, title, class) for each group of a class that holds groups."""
    for field in dataclasses.fields(options):
        if "title" in field.metadata:
            yield field.name, field.metadata["title"], field.metadata["options"]


def flags_of(options: type, title: str = "") -> Callable[[Function], Function]:
    """A decorator that adds the options of a class, or of its groups; each is an argument of the function."""
    classes = [(title, each) for _, title, each in groups_of(options)] or [(title, options)]

    def decorate(function: Function) -> Function:
        for heading, each in reversed(classes):
            for field in reversed(dataclasses.fields(each)):
                name, settings = field.metadata["flag"], field.metadata["settings"]
                function = click.option(name, field.name, cls=TitledOption, title=heading, **settings)(function)
        return function

    return decorate


def read_groups(options: type[T], values: Mapping[str, Any], **more: Any) -> T:
    """A class that holds groups, from the values of all their fields; `more` are its fields that are no groups."""
    groups = {
        name: each(**{field.name: values[field.name] for field in dataclasses.fields(each)})
        for name, _, each in groups_of(options)
    }
    return options(**groups, **more)


def words_of(options: Any) -> list[str]:
    """What to type for the values of a class of fields, or of the groups in it, that are not as by default."""
    return [word for words in words_by_field(options).values() for word in words]


def words_by_field(options: Any) -> dict[str, list[str]]:
    """Name of each field whose value is not its default -> what to type for it."""
    groups = [getattr(options, name) for name, _, _ in groups_of(type(options))] or [options]
    words: dict[str, list[str]] = {}
    for each in groups:
        for field in dataclasses.fields(each):
            value, name = getattr(each, field.name), field.metadata["flag"]
            if value == field.default:
                continue
            items = value if isinstance(value, tuple) else (value,)
            words[field.name] = [word for item in items for word in ([name] if item is True else [name, str(item)])]
    return words


def flags_by_field(options: type) -> dict[str, str]:
    """Name of each field in the groups of a class -> its flag."""
    return {field.name: field.metadata["flag"] for _, _, each in groups_of(options) for field in dataclasses.fields(each)}


def sections(command: click.Command, context: click.Context) -> list[tuple[str, list[tuple[str, str]]]]:
    """(title, [(names, help text)]) of a command's options, for each title in turn."""
    options = [(getattr(option, "title", ""), option.get_help_record(context)) for option in command.get_params(context)]
    by_title = itertools.groupby(options, key=lambda pair: pair[0])
    return [(title or "Other", [record for _, record in pairs if record is not None]) for title, pairs in by_title]
