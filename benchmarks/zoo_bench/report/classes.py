"""KID of each class of a run with labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_bench.report import text
from zoo_bench.report.markup import Html, tag
from zoo_bench.report.run import Run, rows, table
from zoo_bench.report.scores import between

HEADS = ("Real", "Generated", "KID ↓", "95 % interval", "Floor")


def section(run: Run) -> Html | None:
    """One row for each class that has enough images; None where there is none, or where what measured it is not said."""
    found = [row for row in rows(run.report.get("classes")) if isinstance(row, Mapping)]
    identity = table(run.report, "evaluator").get("id")
    if not found or not identity:
        return None
    caption = tag(
        "caption",
        "KID of the images of one class against the real ones of that class, measured with ",
        tag("code", identity),
        ". Over all pairs at once, so without a spread. Floor: held-out images of the class. Classes and floors of few images "
        "are left out.",
    )
    head = tag("tr", tag("th", "Class", scope="col"), [tag("th", name, scope="col", class_="num") for name in HEADS])
    return tag("table", caption, tag("thead", head), tag("tbody", [_row(row) for row in found]), class_="scores classes")


def _row(row: Mapping[str, Any]) -> Html:
    cells = (
        text.count(row.get("n_real")),
        text.count(row.get("n_fake")),
        text.number(row.get("kid"), 3),
        between(row) or text.NOTHING,
        text.number(row.get("floor"), 3),
    )
    name = tag(
        "th", text.value(row.get("value")), tag("span", text.words(str(row.get("attribute"))), class_="hint"), scope="row"
    )
    return tag("tr", name, [tag("td", cell, class_="num", data_label=head) for head, cell in zip(HEADS, cells, strict=True)])
