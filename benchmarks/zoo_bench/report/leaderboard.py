"""The leaderboard of a report: a table for each evaluator, so that scores of another identity never share a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.flat import interval
from zoo_bench.records.scores import ARROWS, NAMES, between, in_place_of
from zoo_bench.records.table import FIRST, evaluator_of, rank
from zoo_bench.report.gather import Board, Row, part
from zoo_bench.report.markup import Html, join, tag
from zoo_bench.report.overlay import Point, scatter

SHADES = 8  # of the heat map
SORTED = {"lower": "ascending", "higher": "descending"}
Scored = tuple[Row, Mapping[str, Mapping[str, Any]]]  # a row, and its scores of one evaluator by name


def evaluators(board: Board) -> dict[str, list[Scored]]:
    """Evaluator's id -> the rows that it scored, the best first by the leading score."""
    found: dict[str, list[Scored]] = {}
    for row in board.rows:
        own: dict[str, dict[str, Mapping[str, Any]]] = {}
        for score in row.scores:
            own.setdefault(evaluator_of(score), {})[str(score["name"])] = score
        for evaluator, scores in own.items():
            found.setdefault(evaluator, []).append((row, scores))
    return {evaluator: sorted(rows, key=lambda pair: rank(pair[1].get(lead(rows)))) for evaluator, rows in found.items()}


def ranked(board: Board) -> Board:
    """The same rows numbered from the best to the worst, evaluator by evaluator; what was not scored comes last."""
    order = [row.number for rows in evaluators(board).values() for row, _ in rows]
    places = {number: place for place, number in enumerate(dict.fromkeys([*order, *(row.number for row in board.rows)]), 1)}
    rows = sorted((replace(row, number=places[row.number]) for row in board.rows), key=lambda row: row.number)
    return replace(board, rows=tuple(rows))


def names(rows: Sequence[Scored]) -> list[str]:
    """Names of the scores: the one that ranks, then as in zoo_bench.report.scores.NAMES, then others."""
    there = dict.fromkeys(name for _, scores in rows for name in scores)
    return [name for name in dict.fromkeys([*FIRST, *NAMES, *there]) if name in there]


def lead(rows: Sequence[Scored]) -> str:
    """The score that ranks."""
    return names(rows)[0]


def label(name: str) -> str:
    return NAMES.get(name, (text.words(name), ""))[0]


def measured_with(evaluator: str, rows: Sequence[Scored]) -> Html:
    """A sentence, with what the evaluator took the place of."""
    mark = in_place_of(score for _, scores in rows for score in scores.values())
    return join("Measured with ", tag("code", evaluator), tag("strong", mark) if mark else None, ".")


def section(board: Board) -> Html | None:
    """One sortable table per evaluator; None if nothing was scored."""
    found = evaluators(board)
    if not found:
        return None
    note = (
        "Mean ± spread (standard deviation) over seeds, or the value of a single run above its 95 % interval. "
        "The floor is what real held-out images score. Click a heading to sort, a name for its command."
    )
    apart = "Scores that were measured differently stand in tables of their own. " if len(found) > 1 else ""
    return join(tag("p", apart, note, class_="lead"), [_table(evaluator, rows) for evaluator, rows in found.items()])


def heat_maps(board: Board) -> Html | None:
    """Model by upsampler, shaded by the leading score of each evaluator; None without two combinations to compare."""
    maps = [_heat_map(evaluator, rows) for evaluator, rows in evaluators(board).items()]
    return join(*maps) if any(maps) else None


def costs(board: Board) -> Html | None:
    """The leading score against speed and against the size of the generator."""
    charts = []
    for rows in evaluators(board).values():
        name = lead(rows)
        for across, keys in (("images per second", ("images_per_second",)), ("parameters", ("parameters", "generator"))):
            points = [
                Point(row.number, row.name, x, scores[name]["value"], *(interval(scores[name]) or ()))
                for row, scores in rows
                if name in scores and (x := row.mean(*keys)) is not None
            ]
            charts.append(scatter(f"{label(name)} {_arrow(rows, name)}".strip(), across, points))
    if not any(charts):
        return None
    lead_in = (
        "Points carry the numbers of the leaderboard, lines their uncertainty. "
        "Speed is that of training, parameters are those of the generator."
    )
    return join(tag("p", lead_in, class_="lead"), tag("div", charts, class_="charts"))


def _table(evaluator: str, rows: Sequence[Scored]) -> Html:
    every = names(rows)
    heads = [
        "No.",
        "Model",
        "Seeds",
        *(f"{label(name)} {_arrow(rows, name)}".strip() for name in every),
        "Images/s",
        "Parameters",
    ]
    head = [
        tag(
            "th",
            tag("button", name, type="button", data_sort=True),
            scope="col",
            class_="num" if place > 1 else None,
            aria_sort=SORTED.get(_better(rows, every[0])) if place == 3 else None,
        )
        for place, name in enumerate(heads)
    ]
    floors = [next((s[name]["floor"] for _, s in rows if name in s and s[name]["floor"] is not None), None) for name in every]
    foot = tag(
        "tr",
        tag("td"),
        tag("th", "Floor", scope="row"),
        tag("td"),
        [tag("td", text.number(floor, 3), class_="num") for floor in floors],
        tag("td"),
        tag("td"),
    )
    grid = tag(
        "table",
        tag("caption", measured_with(evaluator, rows)),
        tag("thead", tag("tr", head)),
        tag("tbody", [_line(row, scores, every) for row, scores in rows]),
        tag("tfoot", foot) if any(floor is not None for floor in floors) else None,
        class_="leaderboard",
    )
    return tag("div", grid, class_="wide", tabindex=0, role="region", aria_label=f"Leaderboard, {evaluator}")


def _line(row: Row, scores: Mapping[str, Mapping[str, Any]], every: Sequence[str]) -> Html:
    seeds = max(len(score["values"]) for score in scores.values())
    speed, size = row.mean("images_per_second"), row.mean("parameters", "generator")
    return tag(
        "tr",
        _cell(row.number, row.number),
        tag("th", tag("a", row.name, href=f"#row-{row.number}"), scope="row", data_value=row.name),
        _cell(seeds, f"{seeds}/{len(row.runs)}" if seeds < len(row.runs) else seeds),
        [_score(scores.get(name)) for name in every],
        _cell(speed, text.number(speed, 3)),
        _cell(size, text.count(size)),
    )


def _score(score: Mapping[str, Any] | None) -> Html:
    if score is None:
        return _cell(None, text.NOTHING)
    spread = text.finite(score.get("spread"))
    under = between(score) or (f"± {text.number(spread, 2)}" if spread is not None else "")
    return _cell(
        score["value"], join(tag("span", text.number(score["value"]), class_="value"), tag("small", under) if under else None)
    )


def _cell(value: float | None, shown: Any) -> Html:
    return tag("td", shown, class_="num", data_value="" if value is None else repr(value))


def _heat_map(evaluator: str, rows: Sequence[Scored]) -> Html | None:
    name = lead(rows)
    best: dict[tuple[str, str], Scored] = {}
    doubled = False
    for row, scores in rows:  # the best come first
        place = part(row, "model"), part(row, "upsampler")
        if name in scores and all(place):
            doubled |= place in best
            best.setdefault(place, (row, scores))
    models, upsamplers = (sorted({place[axis] for place in best}) for axis in (0, 1))
    if len(best) < 2 or max(len(models), len(upsamplers)) < 2:
        return None
    ranked = [rank(scores[name]) for _, scores in best.values()]
    body = [
        tag(
            "tr",
            tag("th", model, scope="row"),
            [_shade(best.get((model, upsampler)), name, min(ranked), max(ranked)) for upsampler in upsamplers],
        )
        for model in models
    ]
    caption = f"{label(name)} {_arrow(rows, name)}, the stronger the colour the better. "
    caption += "Where several rows share a field, the best of them is shown. " if doubled else ""
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption, measured_with(evaluator, rows)),
            tag("thead", tag("tr", tag("td"), [tag("th", upsampler, scope="col", class_="num") for upsampler in upsamplers])),
            tag("tbody", body),
            class_="heat",
        ),
        class_="wide",
    )


def _shade(found: Scored | None, name: str, best: float, worst: float) -> Html:
    if found is None:
        return tag("td", text.NOTHING, class_="num")
    row, scores = found
    share = 1.0 if worst == best else (worst / 2 - rank(scores[name]) / 2) / (worst / 2 - best / 2)
    shade = min(SHADES - 1, int(share * SHADES))
    value = tag("a", text.number(scores[name]["value"]), href=f"#row-{row.number}", title=row.name)
    spread = text.finite(scores[name].get("spread"))
    return tag("td", value, tag("small", f"± {text.number(spread, 2)}") if spread is not None else None, class_=f"num h{shade}")


def _arrow(rows: Sequence[Scored], name: str) -> str:
    return ARROWS.get(_better(rows, name), ("", ""))[0]


def _better(rows: Sequence[Scored], name: str) -> str:
    return next(str(scores[name]["better"]) for _, scores in rows if name in scores)
