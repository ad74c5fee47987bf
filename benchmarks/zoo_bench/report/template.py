"""Pages from templates. In them all text is escaped, and a name that they use and nobody gave is an error."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from typing import Any, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from zoo_bench import words as text
from zoo_bench.records.ranking import seeds
from zoo_bench.records.scores import between, described, label
from zoo_bench.report import scores

T = TypeVar("T")
Sections = Mapping[str, tuple[str, Callable[[T], Any]]]  # id -> heading, and what its part of the template shows
# What an HTML file cannot hold, and what would turn the text around it: control characters, lone surrogates, overrides.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def page(template: str, subject: T, sections: Sections[T], looks: Iterable[str] = ("page",), **words: Any) -> str:
    """A page that loads nothing, from nowhere: pictures are data: URIs and a policy in it forbids the rest.

    `sections`: those whose function returns None are left out. `looks`: names of the .css and .js files that it needs.
    """
    parts = {key: show(subject) for key, (_, show) in sections.items()}
    style, script = ("".join(_file(f"{look}.{kind}") for look in looks) for kind in ("css", "js"))
    allowed = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    html = _environment().get_template(template)
    return FORBIDDEN.sub(
        "\ufffd",
        html.render(
            **parts,
            **words,
            sections={key: heading for key, (heading, _) in sections.items() if parts[key] is not None},
            policy=f"{allowed}; base-uri 'none'; form-action 'none'",
            style=Markup(style),
            script=Markup(script),
        ),
    )


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("zoo_bench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: tuple[Callable[..., Any], ...] = (
        *(text.count, text.measured, text.number, text.plural, text.value, text.words, pieces),
        *(scores.any_number, between, described, label, seeds, scores.direction, scores.plus_minus),
    )
    environment.filters.update({function.__name__: function for function in filters})
    environment.globals.update(nothing=text.NOTHING, bars=scores.bars)
    return environment


def pieces(command: str) -> list[str]:
    """A command and the spaces in it, broken before its options: joined again they are what was typed."""
    return [piece for piece in re.split(r"(\s+)(?=--)", command) if piece]


def _file(name: str) -> str:
    return resources.files("zoo_bench.report").joinpath("templates", name).read_text("utf-8")


def _hash(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
