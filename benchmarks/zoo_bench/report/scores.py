"""The scores of a run, each beside what it was measured with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from zoo_bench import words as text
from zoo_bench.records.run import Run, rows, table
from zoo_bench.records.scores import ARROWS, EVALUATOR, STATISTICS, shown
from zoo_bench.report.svg import tag


def plus_minus(spread: float | None) -> str:
    """`± 0.0013`; "" without a spread."""
    return "" if spread is None else f"± {text.number(spread, 2)}"


def direction(score: Mapping[str, Any]) -> tuple[str, str]:
    """("↓", "lower is better"); two empty texts for a score that does not say."""
    return ARROWS.get(str(score.get("better")), ("", ""))


def any_number(rows: Iterable[Mapping[str, Any]], key: str) -> bool:
    """Whether a column of this key would hold a number."""
    return any(text.finite(row.get(key)) is not None for row in rows)


def measured(run: Run) -> dict[str, Any]:
    """The scores, and the whole identities of the judges."""
    scores, nameless = shown(run)
    return {
        "evaluated": "scores" in run.report,
        "shown": scores,
        "nameless": nameless,
        "evaluator": _facts(table(run.report, "evaluator")),
        "second": _facts(table(run.report, "second", "evaluator")),
    }


def _facts(evaluator: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The whole identity of a judge, in words."""
    return [
        (EVALUATOR.get(str(key), text.words(str(key))), text.count(value) if str(key).startswith("n_") else value)
        for key, value in evaluator.items()
    ]


def classes(run: Run) -> dict[str, Any] | None:
    """One row for each class that has enough images; None where there is none, or where what measured it is not said."""
    found = [row for row in rows(run.report.get("classes")) if isinstance(row, Mapping)]
    identity = table(run.report, "evaluator").get("id")
    return {"identity": identity, "rows": found} if found and identity else None


def statistics(run: Run) -> dict[str, Any] | None:
    """Sprite statistics of real and generated images side by side; None where the report has none."""
    real, fake = table(run.report, "statistics", "real"), table(run.report, "statistics", "fake")
    names = [str(name) for name in dict.fromkeys([*real, *fake])]
    evaluator = table(run.report, "evaluator")
    return (
        {
            "identity": evaluator.get("id"),
            "n_real": evaluator.get("n_real"),
            "n_fake": evaluator.get("n_fake"),
            "rows": [(name, STATISTICS.get(name, ""), real.get(name), fake.get(name)) for name in names],
        }
        if names
        else None
    )


def bars(real: Any, fake: Any) -> Markup:
    """Two bars on a common scale that starts at 0; nothing unless both values are finite and at least 0."""
    pair = text.finite(real), text.finite(fake)
    if pair[0] is None or pair[1] is None or min(pair[0], pair[1]) < 0 or max(pair[0], pair[1]) == 0:
        return Markup("")
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
