"""The scores of a run, each beside what it was measured with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.run import Run, table
from zoo_bench.records.scores import (
    ACCURACY,
    ARROWS,
    EVALUATOR,
    NAMES,
    SHUFFLED,
    STATISTICS,
    _identity,
    between,
    in_place_of,
    shown,
)
from zoo_bench.report.markup import Html, join, tag

VALUE, INTERVAL, SMALL, FLOOR, BLURRED = "Value", "95 % interval", "At the floor's n", "Floor", "Blurred"
COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    VALUE: lambda score: text.measured(score.get("value"), score.get("spread")),
    INTERVAL: lambda score: between(score) or text.NOTHING,
    SMALL: lambda score: text.number(score.get("at_floor_n"), 3),
    FLOOR: lambda score: text.number(score.get("floor"), 3),
    BLURRED: lambda score: text.number(score.get("blurred"), 3),
}


def section(run: Run) -> Html:
    """Table of scores and, below it, the whole identity of the evaluator."""
    if "scores" not in run.report:
        return tag("p", "This run has not been evaluated yet, so there are no scores.", class_="absent")
    scores, nameless = shown(run)
    missing = None
    if nameless:
        names = ", ".join(nameless)
        missing = tag(
            "p", f"Not shown, because the report does not say what they were measured with: {names}.", class_="absent"
        )
    if not scores:
        return join(missing or tag("p", "The evaluation left no scores.", class_="absent"), _evaluator(run))
    small = any(text.finite(score.get("at_floor_n")) is not None for score in scores)
    ranges = any(map(between, scores))
    blurred = any(text.finite(score.get("blurred")) is not None for score in scores)
    present = {INTERVAL: ranges, SMALL: small, BLURRED: blurred}
    columns = {name: shows for name, shows in COLUMNS.items() if present.get(name, True)}
    head = tag(
        "tr",
        tag("th", "Score", scope="col"),
        tag("th", "Measured with", scope="col", class_="identity"),
        [tag("th", name, scope="col", class_="num") for name in columns],
    )
    caption = tag(
        "caption",
        "Value ± spread. ↓ lower is better, ↑ higher is better. Floor: the same score for held-out real images in place of "
        "generated ones, so what a perfect generator would get.",
        " Interval: where the score would lie had other images been drawn." if ranges else None,
        " At the floor's n: the score of as many generated images as there are held-out ones; compare the floor with this."
        if small
        else None,
        " Blurred: the same score for the held-out images after a blur, so what images get that are visibly bad."
        if blurred
        else None,
    )
    body = tag("tbody", [_row(score, columns) for score in scores])
    return join(tag("table", caption, tag("thead", head), body, class_="scores"), missing, _evaluator(run))


def statistics(run: Run) -> Html | None:
    """Sprite statistics of real and generated images side by side; None where the report has none."""
    real, fake = table(run.report, "statistics", "real"), table(run.report, "statistics", "fake")
    names = list(dict.fromkeys([*real, *fake]))
    if not names:
        return None
    evaluator = table(run.report, "evaluator")
    if not evaluator.get("id"):
        return tag("p", "Not shown, because the report does not say what they were measured on.", class_="absent")
    head = tag(
        "tr",
        tag("th", "Statistic", scope="col"),
        tag("th", tag("span", class_="key real"), "Real", scope="col", class_="num"),
        tag("th", tag("span", class_="key fake"), "Generated", scope="col", class_="num"),
        tag("td", class_="bars"),
    )
    body = [
        tag(
            "tr",
            tag("th", text.words(str(name)), tag("span", STATISTICS.get(str(name), ""), class_="hint"), scope="row"),
            tag("td", text.number(real.get(name), 3), class_="num"),
            tag("td", text.number(fake.get(name), 3), class_="num"),
            tag("td", bars(real.get(name), fake.get(name)), class_="bars"),
        )
        for name in names
    ]
    caption = tag(
        "caption",
        f"Means over {text.count(evaluator.get('n_real'))} real and {text.count(evaluator.get('n_fake'))} generated images, ",
        tag("code", evaluator["id"]),
        ".",
    )
    return tag("table", caption, tag("thead", head), tag("tbody", body), class_="statistics")


def bars(real: Any, fake: Any) -> Html | None:
    """Two bars on a common scale that starts at 0; None unless both values are finite and at least 0."""
    pair = text.finite(real), text.finite(fake)
    if pair[0] is None or pair[1] is None or min(pair[0], pair[1]) < 0 or max(pair[0], pair[1]) == 0:
        return None
    most = max(pair[0], pair[1])
    wide = [round(100 * (value / most), 1) for value in (pair[0], pair[1])]
    return tag(
        "svg",
        tag("rect", x=0, y=1, width=wide[0], height=5, rx=1, class_="real"),
        tag("rect", x=0, y=8, width=wide[1], height=5, rx=1, class_="fake"),
        viewBox="0 0 100 14",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _row(score: Mapping[str, Any], columns: Mapping[str, Callable[[Mapping[str, Any]], str]]) -> Html:
    name = str(score.get("name", ""))
    label, meaning = NAMES.get(name, (text.words(name).capitalize(), ""))
    if name.startswith("accuracy_"):
        attribute, control = name.removeprefix("accuracy_").removesuffix("_shuffled"), name.endswith("_shuffled")
        label = f"Accuracy, {text.words(attribute)}{', shuffled' if control else ''}"
        meaning = SHUFFLED if control else ACCURACY
    arrow, better = ARROWS.get(str(score.get("better")), ("", ""))
    what = [
        tag("span", label, class_="score"),
        tag("span", arrow, class_="arrow", title=better, role="img", aria_label=better) if arrow else None,
        tag("span", meaning, class_="hint") if meaning else None,
    ]
    mark = in_place_of([score]).strip()
    identity = tag(
        "td",
        tag("code", _identity(score)),
        tag("span", mark, class_="state", data_state="replaced") if mark else None,
        class_="identity",
    )
    values = [
        tag("td", shows(score), class_="num value" if name == VALUE else "num", data_label=name)
        for name, shows in columns.items()
    ]
    return tag("tr", tag("th", what, scope="row"), identity, values)


def _evaluator(run: Run) -> Html | None:
    evaluator = table(run.report, "evaluator")
    if not evaluator:
        return None
    pairs = [
        (EVALUATOR.get(str(key), text.words(str(key))), text.count(value) if str(key).startswith("n_") else value)
        for key, value in evaluator.items()
    ]
    return tag("details", tag("summary", "How this was measured"), definitions(pairs))


def definitions(pairs: list[tuple[str, Any]]) -> Html:
    """Names with values; a value that is an object becomes a list of its own."""
    items = [tag("div", tag("dt", name), tag("dd", _definition(value))) for name, value in pairs]
    return tag("dl", items, class_="facts")


def _definition(value: Any) -> Html:
    if isinstance(value, Mapping):
        return tag("ul", [tag("li", f"{key} {text.value(item)}") for key, item in value.items()])
    return Html(tag("span", text.value(value)))
