"""Pieces of Markdown (GitHub's dialect) that stay text, whatever the names in them are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from zoo_core.registry.names import one_line


def words(value: object) -> str:
    """Prose on one line: nothing in it is markup, HTML, a link or the end of a table cell.

    ASCII punctuation after a backslash is literal (CommonMark, section 2.4); `<`, `>` and `&` become entities, since what
    renders Markdown may let HTML through.
    """
    text = one_line(str(value), 500).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"[\\`*_{}\[\]#!|~@]", r"\\\g<0>", text)


def code(value: object) -> str:
    """A code span, of as many backticks as it needs. A cell ends at `|` even inside of one, so that becomes a broken bar."""
    text = one_line(str(value), 500).replace("|", "¦") or " "
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fence(language: str, text: str) -> str:
    """A block of code, with a fence longer than any in it."""
    safe = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", safe)), default=0))
    return f"{ticks}{language}\n{safe}\n{ticks}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are made already; columns that are empty in every row are left out."""
    rows = [list(row) for row in rows]
    kept = [column for column in range(len(head)) if any(row[column] for row in rows)]
    lines = [[head[column] for column in kept], ["---"] * len(kept), *([row[column] for column in kept] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
