"""KID of each class of a run with labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.run import Run, rows, table
from zoo_bench.records.scores import between
from zoo_bench.report.markup import Html, tag

COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "Real": lambda row: text.count(row.get("n_real")),
    "Generated": lambda row: text.count(row.get("n_fake")),
    "KID ↓": lambda row: text.number(row.get("kid"), 3),
    "95 % interval": lambda row: between(row) or text.NOTHING,
    "Floor": lambda row: text.number(row.get("floor"), 3),
}


def section(run: Run) -> Html | None:
    """One row for each class that has enough images; None where there is none, or where what measured it is not said."""
    found = [row for row in rows(run.report.get("classes")) if isinstance(row, Mapping)]
    identity = table(run.report, "evaluator").get("id")
    if not found or not identity:
        return None
    floors = any(text.finite(row.get("floor")) is not None for row in found)
    columns = {name: shows for name, shows in COLUMNS.items() if name != "Floor" or floors}
    caption = tag(
        "caption",
        "KID of the images of one class against the real ones of that class, measured with ",
        tag("code", identity),
        ", over all pairs at once, so without a spread. Classes of few images are left out.",
        " Floor: held-out images of the class, where they are many enough." if floors else None,
    )
    head = tag("tr", tag("th", "Class", scope="col"), [tag("th", name, scope="col", class_="num") for name in columns])
    body = tag("tbody", [_row(row, columns) for row in found])
    return tag("table", caption, tag("thead", head), body, class_="scores classes")


def _row(row: Mapping[str, Any], columns: Mapping[str, Callable[[Mapping[str, Any]], str]]) -> Html:
    name = f"{text.words(str(row.get('attribute')))}: {text.value(row.get('value'))}"
    cells = [tag("td", shows(row), class_="num", data_label=head) for head, shows in columns.items()]
    return tag("tr", tag("th", name, scope="row"), cells)
