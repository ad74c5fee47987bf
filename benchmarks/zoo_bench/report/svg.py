"""SVG that is escaped unless it was made here. Text from files can name anything; it never becomes markup."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

Child = str | int | float | None | Iterable["Child"]  # text is escaped, Markup is not, None is nothing


def join(*children: Child) -> Markup:
    """Children one after the other."""
    return Markup("").join(_child(child) for child in children)


def tag(name: str, *children: Child, **attributes: str | int | float | None) -> Markup:
    """`tag("text", "a < b", class_="label")` -> <text class="label">a &lt; b</text>.

    In attribute names a trailing underscore is dropped and others become hyphens; None gives no attribute.
    """
    pairs = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None)
    words = Markup("").join(Markup(' {}="{}"').format(key, value) for key, value in pairs)
    return Markup("<{0}{1}>{2}</{0}>").format(name, words, join(*children))


def _child(child: Child) -> Markup:
    if child is None:
        return Markup("")
    return escape(child) if isinstance(child, str | int | float) else join(*child)
