"""The page of several runs: one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from zoo_bench import words as text
from zoo_bench.report import leaderboard, side_by_side
from zoo_bench.report.gather import Board, gather
from zoo_bench.report.markup import Html, join, tag
from zoo_bench.report.page import body, document
from zoo_core.files import write_bytes

Section = Callable[[Board], Html | None]

SECTIONS: tuple[tuple[str, str, Section], ...] = (
    ("leaderboard", "Leaderboard", leaderboard.section),
    ("absent", "Without scores", side_by_side.absent),
    ("map", "Models and upsamplers", leaderboard.heat_maps),
    ("cost", "Quality and cost", leaderboard.costs),
    ("samples", "Samples", side_by_side.samples),
    ("copies", "Memorisation", side_by_side.memorisation),
    ("curves", "Curves", side_by_side.curves),
    ("repeat", "Commands", side_by_side.repeat),
)


def render_board(paths: Iterable[Path], page: Path) -> Board:
    """Write the page of the runs, matrices and reports in `paths`, and return what is on it.

    Raises ZooError for a path that is no folder, RunFailure if the disk refuses.
    """
    board = leaderboard.ranked(gather(paths))
    write_bytes(page, html(board).encode())
    return board


def html(board: Board) -> str:
    """The page as text. Like the page of a run it loads nothing, from nowhere."""
    count = sum(len(row.runs) for row in board.rows)
    title = _title(board)
    summary = f"{text.plural(count, 'run')} of {text.plural(len(board.rows), 'recipe')}"
    summary += f", {text.plural(len(board.absent), 'entry', 'entries')} without scores" if board.absent else ""
    sections = [(key, head, content) for key, head, section in SECTIONS if (content := section(board))]
    return document(
        title=f"{title} · zoo report",
        header=join(tag("p", "zoo report", class_="eyebrow"), tag("h1", title), tag("p", f"{summary}.", class_="summary")),
        navigation=join([tag("a", head, href=f"#{key}") for key, head, _ in sections]),
        main=body(sections),
        looks=("page", "board"),
    )


def _title(board: Board) -> str:
    """`Best: wgan_gp with colorpicker` where one table ranks all, else what is on the page."""
    ranked = list(leaderboard.evaluators(board).values())
    if len(ranked) == 1 and len(ranked[0]) > 1:
        return f"{len(ranked[0])} models side by side"
    return "Runs side by side"
