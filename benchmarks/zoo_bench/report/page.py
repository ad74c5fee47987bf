"""The page of a run: reads a run folder, writes run/report.html."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from string import Template

from zoo_bench.records.run import Run, read
from zoo_bench.report import classes, scores, sections
from zoo_bench.report.markup import Html, join, tag
from zoo_core.files import write_bytes

Section = Callable[[Run], Html | None]

SECTIONS: tuple[tuple[str, str, Section], ...] = (
    ("samples", "Samples", lambda run: join(sections.samples(run), sections.more_samples(run))),
    ("scores", "Scores", scores.section),
    ("classes", "KID of each class", classes.section),
    ("statistics", "Statistics of the images", scores.statistics),
    ("progress", "Progress", sections.progress),
    ("curves", "Curves", sections.curves),
    ("options", "Options", sections.options),
    ("repeat", "Repeat this run", sections.repeat),
    ("dataset", "Dataset", sections.dataset),
    ("environment", "Environment", sections.environment),
)


def render(run: Path, page: Path | None = None) -> Path:
    """Write `page`, or run/report.html, from what the run folder holds, and return its path.

    Whatever is missing (a run not finished or not evaluated, a broken file) is said in the page.
    Raises ZooError if `run` is no folder, RunFailure if the disk refuses.
    """
    page = page or run / "report.html"
    write_bytes(page, html(read(run)).encode())
    return page


def html(run: Run) -> str:
    """The page as text. It loads nothing, from nowhere: pictures are data: URIs and a policy in it forbids the rest."""
    found = [(key, head, content) for key, head, section in SECTIONS if (content := section(run))]
    title = sections.title(run)
    return document(
        title=f"{title} · zoo run report",
        header=join(
            tag(
                "p",
                "zoo run report ",
                tag("span", sections.state(run), class_="state", data_state=sections.state(run)),
                class_="eyebrow",
            ),
            tag("h1", title),
            tag("p", sections.summary(run), class_="summary"),
            sections.numbers(run),
        ),
        navigation=join([tag("a", head, href=f"#{key}") for key, head, _ in found]),
        main=join(sections.warnings(run), body(found)),
    )


def body(found: Sequence[tuple[str, str, Html]]) -> Html:
    """Sections from (id, heading, content)."""
    return join(
        [
            tag("section", tag("h2", head, id=f"{key}-head"), content, id=key, aria_labelledby=f"{key}-head")
            for key, head, content in found
        ]
    )


def document(title: str, header: Html, navigation: Html, main: Html, looks: Sequence[str] = ("page",)) -> str:
    """A page in the common look, from its parts. `looks`: names of the .css and .js files that it needs."""
    style, script = ("".join(_asset(f"{look}.{kind}") for look in looks) for kind in ("css", "js"))
    allowed = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    policy = f"{allowed}; base-uri 'none'; form-action 'none'"
    return Template(_asset("page.html")).substitute(
        policy=tag("meta", http_equiv="Content-Security-Policy", content=policy),
        title=tag("title", title),
        style=style,
        script=script,
        header=header,
        navigation=navigation,
        main=main,
    )


def _asset(name: str) -> str:
    return resources.files("zoo_bench.report").joinpath(name).read_text("utf-8")


def _hash(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
