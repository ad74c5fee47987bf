"""The sections of a report of several runs that stand beside its leaderboard: pictures, copies, curves, commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_bench import words as text
from zoo_bench.records.run import Run, rows
from zoo_bench.report.gather import Board, Row
from zoo_bench.report.leaderboard import Scored, evaluators, label, measured_with
from zoo_bench.report.markup import Html, join, tag
from zoo_bench.report.overlay import Line, overlay
from zoo_bench.report.sections import command_block, command_of, figure, thumbnail
from zoo_bench.report.series import phases, scores, term

COPIES = ("copies", "copies_pixels", "ct")
COPIED = -3.0  # of ct: below it are copies
MOST_SEEDS = 8  # pictures of a row


def samples(board: Board) -> Html | None:
    """The same latents of every run: a row for each recipe, a picture for each seed."""
    blocks = [_strip(row.name, [_shot(run) for run in row.runs[:MOST_SEEDS]]) for row in board.rows if _drawn(row)]
    if not blocks:
        return None
    real = next((run for row in board.rows for run in row.runs if run.picture("real").exists()), None)
    beside = _strip("Real images", [thumbnail(real, real.picture("real"), "", "real images")]) if real else None
    return join(
        tag("p", "Not chosen by hand: the first samples of each run, from the same latents.", class_="lead"), blocks, beside
    )


def memorisation(board: Board) -> Html | None:
    """Copies by features and by pixels beside their floors, the copying test, and samples beside their nearest neighbours."""
    tables = [_copies(evaluator, found) for evaluator, found in evaluators(board).items()]
    pairs = [
        figure(path, row.name, f"samples of {row.name} beside their nearest training images", "")
        for row in board.rows
        if (path := next((each for run in row.runs if (each := _nearest(run)).exists()), None))
    ]
    if not any(tables) and not pairs:
        return None
    lead = (
        "A generator that copies its training images can have good scores. "
        "Beside each sample stand the training images nearest to it, in pixels and in features."
    )
    shown = tag(
        "details",
        tag("summary", f"Nearest training images of {text.plural(len(pairs), 'model')}"),
        tag("div", pairs, class_="pair"),
    )
    return join(tag("p", lead, class_="lead"), tables, shown if pairs else None)


def curves(board: Board) -> Html | None:
    """Scores during training over images, all rows in one chart; below, the terms of each row, its seeds in one chart."""
    blocks = [_terms(row) for row in board.rows]
    progress = [overlay(title, lines) for title, lines in _scores_over_images(board).items()]
    accuracy = [_accuracy(row) for row in board.rows]
    groups = [
        tag("div", tag("h3", head), tag("div", charts, class_="charts"), class_="phase")
        for head, charts in (("Scores while training", progress), ("Critic accuracy", accuracy))
        if any(charts)
    ]
    return join(groups, blocks) if groups or any(blocks) else None


def repeat(board: Board) -> Html | None:
    """The exact command of every run, seed by seed."""
    blocks = []
    for row in board.rows:
        lines = [
            join(tag("h3", _seed(run)), command_block(command, f"command-{row.number}-{place}"))
            for place, run in enumerate(row.runs)
            if (command := command_of(run))
        ]
        inside = lines or [tag("p", "Nothing is known of how this was made.", class_="absent")]
        told = [str(warning) for run in row.runs for warning in rows(run.report.get("warnings"))]
        notes = tag("ul", [tag("li", line) for line in dict.fromkeys(told)], class_="hint") if told else None
        summary = tag("summary", tag("span", row.number, class_="place"), row.name)
        blocks.append(tag("details", summary, tag("div", inside, notes), id=f"row-{row.number}"))
    note = "The same versions, seed, machine and number of threads give the same bytes."
    return join(tag("p", note, class_="lead"), blocks) if blocks else None


def absent(board: Board) -> Html | None:
    """Runs without scores, and why."""
    if not board.absent:
        return None
    head = tag("tr", [tag("th", name, scope="col") for name in ("Run", "State", "Why")])
    lines = [tag("tr", tag("th", item.name, scope="row"), tag("td", item.state), tag("td", item.why)) for item in board.absent]
    return tag("div", tag("table", tag("thead", head), tag("tbody", lines)), class_="wide")


def _drawn(row: Row) -> bool:
    return any(_latest(run) for run in row.runs)


def _latest(run: Run) -> Path | None:
    final = run.picture("final")
    return final if final.exists() else run.samples[-1][1] if run.samples else None


def _shot(run: Run) -> Html:
    path = _latest(run)
    after = "" if path is None or not path.stem.isdecimal() else f", after {text.count(int(path.stem))} iterations"
    return thumbnail(run, path or run.picture("final"), f"{_seed(run)}{after}", f"samples, {_seed(run)}")


def _strip(name: str, shots: Sequence[Html]) -> Html:
    return tag("div", tag("h3", name), tag("div", shots, class_="strip"), class_="row")


def _seed(run: Run) -> str:
    seed = run.recipe.get("seed")
    return run.path.name if seed is None else f"seed {text.value(seed)}"


def _nearest(run: Run) -> Path:
    """Where `zoo bench` draws it, or `zoo eval`."""
    path = run.picture("nearest")
    return path if path.exists() else run.path / "nearest.png"


def _copies(evaluator: str, found: Sequence[Scored]) -> Html | None:
    there = [name for name in COPIES if any(name in scores for _, scores in found)]
    if not there:
        return None
    head = tag(
        "tr",
        tag("th", "Model", scope="col"),
        [tag("th", label(name), scope="col", class_="num") for name in there],
        tag("th", "Verdict", scope="col"),
    )
    body = [
        tag(
            "tr",
            tag("th", row.name, scope="row"),
            [tag("td", _beside_floor(scores.get(name)), class_="num") for name in there],
            tag("td", _verdict(scores), class_="verdict"),
        )
        for row, scores in found
        if any(name in scores for name in there)
    ]
    caption = tag(
        "caption",
        "Shares are followed by those of held-out images, which copy nothing. ",
        measured_with(evaluator, found),
    )
    return tag("div", tag("table", caption, tag("thead", head), tag("tbody", body)), class_="wide")


def _beside_floor(score: Mapping[str, Any] | None) -> Html:
    if score is None:
        return join(text.NOTHING)
    floor = text.finite(score.get("floor"))
    return join(
        tag("span", text.number(score["value"], 3), class_="value"),
        tag("small", f"floor {text.number(floor, 2)}") if floor is not None else None,
    )


def _verdict(scores: Mapping[str, Mapping[str, Any]]) -> Html:
    """What the numbers say; a share counts once it is over twice that of held-out images."""
    ct = scores.get("ct")
    shares = [(scores[name]["value"], text.finite(scores[name].get("floor"))) for name in COPIES[:2] if name in scores]
    if (ct is not None and ct["value"] < COPIED) or any(
        floor is not None and value > max(2 * floor, 0.1) for value, floor in shares
    ):
        return tag("span", "copies", class_="state", data_state="copies")
    return join("no sign of copies")


def _scores_over_images(board: Board) -> dict[str, list[Line]]:
    """Id of a score that was measured during training -> a line for each run that has it."""
    found: dict[str, list[Line]] = {}
    for row in board.rows:
        for run in row.runs:
            for id, curve in scores(run, "images").items():
                found.setdefault(id, []).append(Line(row.name, curve))
    return found


def _accuracy(row: Row) -> Html | None:
    """Shares of real and of generated images that the critic takes for what they are."""
    lines = [
        Line(text.words(name.partition("/")[2]), term(run, name, "images"))
        for run in row.runs
        for names in phases(run).values()
        for name in names
        if name.endswith("accuracy")
    ]
    return overlay(row.name, lines)


def _terms(row: Row) -> Html | None:
    names = dict.fromkeys(name for run in row.runs for names in phases(run).values() for name in names)
    charts = [
        overlay(name.replace("/", ", ").replace("_", " "), [Line(_seed(run), term(run, name, "images")) for run in row.runs])
        for name in names
    ]
    if not any(charts):
        return None
    return tag("details", tag("summary", f"Losses of {row.name}"), tag("div", charts, class_="charts"))
