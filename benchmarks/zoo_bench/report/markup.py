"""HTML that is escaped unless it was made here. Text from files can name anything; it never becomes markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

VOID = frozenset({"br", "img", "link", "meta"})
# What an HTML file cannot hold, and what would turn the text around it: control characters, lone surrogates, overrides.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """Text that is already HTML."""


Child = str | int | float | None | Iterable["Child"]  # text is escaped, Html is not, None is nothing


def join(*children: Child) -> Html:
    """Children one after the other, escaped where they are not Html."""
    return Html("".join(map(_child, children)))


def tag(name: str, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """`tag("p", "a < b", class_="note")` -> <p class="note">a &lt; b</p>.

    In attribute names a trailing underscore is dropped and others become hyphens. True gives a bare attribute; False and
    None give none.
    """
    words = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            words.append(key)
        elif value is not None and value is not False:
            words.append(f'{key}="{_escape(value)}"')
    opening = f"<{' '.join(words)}>"
    return Html(opening if name in VOID else f"{opening}{join(*children)}</{name}>")


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int | float):
        return _escape(child)
    return "".join(map(_child, child))


def _escape(value: object) -> str:
    return html.escape(FORBIDDEN.sub("\ufffd", str(value)))
