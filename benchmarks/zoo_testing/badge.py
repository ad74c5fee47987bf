"""The result of `zoo check` as a picture for a README, and as JSON for services that draw one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from zoo_testing.check import Result

LABEL = "zoo check"
COLOURS = {"brightgreen": "#3f9c35", "red": "#c8442f"}
CHARACTER = 6.8  # pixels: what a digit takes at 11 px in the usual sans-serif fonts


def summary(results: Sequence[Result]) -> tuple[str, str]:
    """("44 passed", "brightgreen") or ("2 of 44 failed", "red"): skipped checks do not count."""
    counts = Counter(result.status for result in results)
    wrong = counts["failed"] + counts["xpassed"]
    total = wrong + counts["passed"] + counts["xfailed"]
    return (f"{wrong} of {total} failed", "red") if wrong else (f"{total} passed", "brightgreen")


def badge_json(results: Sequence[Result]) -> dict[str, Any]:
    """An object as the endpoint badges of shields.io read it."""
    message, colour = summary(results)
    return {"schemaVersion": 1, "label": LABEL, "message": message, "color": colour}


def badge_svg(results: Sequence[Result]) -> str:
    """The same as a picture without scripts, fonts or links."""
    message, colour = summary(results)
    left, right = (round(len(text) * CHARACTER) + 12 for text in (LABEL, message))
    width = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" '
        f'aria-label="{escape(LABEL)}: {escape(message)}">'
        f"<title>{escape(LABEL)}: {escape(message)}</title>"
        f'<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{COLOURS[colour]}"/></g>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2:g}" y="14">{escape(LABEL)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(message)}</text></g></svg>\n'
    )
