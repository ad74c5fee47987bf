"""What observers draw as curves: the numbers of a line of metrics.jsonl, and the scores of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_bench.records.run import rows, table
from zoo_bench.words import finite

PACE = ("images", "images_per_second", "lr")


def scalars(record: Mapping[str, Any]) -> dict[str, float]:
    """Name -> finite value: terms as `critic/penalty`, scores as `scores/KID'S ID`, the rest as `pace/lr`."""
    groups = (
        ("", table(record, "terms")),
        ("scores/", table(record, "scores")),
        ("pace/", {key: record.get(key) for key in PACE}),
    )
    named = [(prefix + name, finite(value)) for prefix, values in groups for name, value in values.items()]
    return {name: value for name, value in named if value is not None}


def final(report: Mapping[str, Any]) -> dict[str, float]:
    """`final/ID` -> value, for the scores of report.json."""
    named = [(score["id"], finite(score.get("value"))) for score in rows(report.get("scores"))]
    return {f"final/{id}": value for id, value in named if value is not None}
