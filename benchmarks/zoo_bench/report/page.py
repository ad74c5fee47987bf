"""The page of a run: reads a run folder, writes run/report.html."""

from __future__ import annotations

from pathlib import Path

from zoo_bench.records.run import Run, read
from zoo_bench.report import scores, sections, template
from zoo_core.files import write_bytes

SECTIONS: template.Sections[Run] = {
    "samples": ("Samples", sections.samples),
    "scores": ("Scores", scores.measured),
    "classes": ("KID of each class", scores.classes),
    "statistics": ("Statistics of the images", scores.statistics),
    "progress": ("Progress", sections.progress),
    "curves": ("Curves", sections.curves),
    "options": ("Options", sections.options),
    "repeat": ("Repeat this run", sections.command),
    "dataset": ("Dataset", sections.dataset),
    "environment": ("Environment", sections.environment),
}


def render(run: Path, page: Path | None = None) -> Path:
    """Write `page`, or run/report.html, from what the run folder holds, and return its path.

    Whatever is missing (a run not finished or not evaluated, a broken file) is said in the page.
    Raises ZooError if `run` is no folder, RunFailure if the disk refuses.
    """
    page = page or run / "report.html"
    write_bytes(page, html(read(run)).encode())
    return page


def html(run: Run) -> str:
    """The page as text."""
    return template.page(
        "run.html",
        run,
        SECTIONS,
        title=run.title,
        state=sections.state(run),
        summary=sections.summary(run),
        numbers=sections.numbers(run),
        warnings=sections.warnings(run),
        moments=len(run.samples),
    )
