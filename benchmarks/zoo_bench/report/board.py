"""The page of several runs: one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zoo_bench import words as text
from zoo_bench.records.rows import Board, gather
from zoo_bench.report import leaderboard, side_by_side, template
from zoo_core.files import write_bytes

SECTIONS: template.Sections[Board] = {
    "leaderboard": ("Leaderboard", lambda board: leaderboard.tables(board) or None),
    "absent": ("Without scores", lambda board: board.absent or None),
    "map": ("Models and upsamplers", leaderboard.heat_maps),
    "cost": ("Quality and cost", leaderboard.costs),
    "samples": ("Samples", side_by_side.samples),
    "copies": ("Memorisation", side_by_side.memorisation),
    "curves": ("Curves", side_by_side.curves),
    "repeat": ("Commands", side_by_side.repeat),
}


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
    absent = f", {text.plural(len(board.absent), 'entry', 'entries')} without scores" if board.absent else ""
    summary = f"{text.plural(count, 'run')} of {text.plural(len(board.rows), 'recipe')}{absent}."
    return template.page(
        "board.html",
        board,
        SECTIONS,
        ("page", "board"),
        title=_title(board),
        summary=summary,
        agreement=leaderboard.judges(board),
    )


def _title(board: Board) -> str:
    """`4 models side by side` where one table ranks all."""
    tables = leaderboard.tables(board)
    return f"{len(tables[0].rows)} models side by side" if len(tables) == 1 and len(tables[0].rows) > 1 else "Runs side by side"
