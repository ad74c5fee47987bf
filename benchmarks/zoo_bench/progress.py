"""What a user sees while a model trains: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

LINE_EVERY = 10.0  # seconds between plain lines


class TrainingProgress:
    """Shows iterations, images per second, time left and losses on stderr."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False)
        self.live = sys.stderr.isatty() and not quiet
        self.quiet = quiet
        self.bar = Progress(
            BarColumn(16),
            TextColumn("{task.completed}/{task.total}  {task.fields[rate]} img/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}", table_column=Column(ratio=1, no_wrap=True)),  # what a narrow terminal cuts off
            console=self.console,
            expand=True,
        )
        self.task = self.bar.add_task("training", total=None, rate="-", losses="")
        self.last_line = 0.0

    def __enter__(self) -> TrainingProgress:
        if self.live:
            self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.live:
            self.bar.stop()

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def update(self, iteration: int, total: int | None, rate: float, terms: Mapping[str, float], pace: float) -> None:
        """`rate` in images per second; `pace` in seconds per iteration since this process began."""
        losses = "  ".join(f"{name} {value:.3g}" for name, value in terms.items())
        if self.live:
            self.bar.update(self.task, completed=iteration, total=total, rate=f"{rate:.0f}", losses=losses)
        elif time.monotonic() - self.last_line >= LINE_EVERY or iteration == total:
            self.last_line = time.monotonic()
            left = f", {pace * (total - iteration):.0f} s left" if total else ""
            self.say(f"iteration {iteration}/{total or '?'}, {rate:.0f} img/s{left}, {losses}")
