"""The facts of a checkup as rows of text: what, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zoo_bench.data.checkup import SHOWN, Alike, Checkup, Family, Label, Numbers, Pictures, Split
from zoo_bench.data.look import COLOURS
from zoo_bench.words import plural
from zoo_core.registry.names import one_line

VALUES = 8  # of a label that are named


def facts(found: Checkup) -> Iterator[tuple[str, str]]:
    """(what, how) for every fact that there is."""
    yield "folder", found.folder
    if found.pictures:
        yield from _pictures(found.pictures)
    for item in found.skipped[:SHOWN]:
        yield "not used", f"{one_line(item.name, 120)}: {one_line(item.reason, 120)}"
    if len(found.skipped) > SHOWN:
        yield "not used", f"... and {len(found.skipped) - SHOWN:,} more (--json names them)"
    yield "split", _split(found.split)
    yield "equal", _alike(found.exact, "no two images have the same pixels")
    compared = "" if found.pictures is None or found.compared == found.pictures.count else f" (of the first {found.compared:,})"
    yield "alike", _alike(found.nearly, f"no two images look alike{compared}")
    for name, label in found.labels.items():
        yield f"label {name}", _label(label)
    for name, family in found.families.items():
        yield f"family {name}", _family(family)


def _pictures(seen: Pictures) -> Iterator[tuple[str, str]]:
    yield "images", f"{seen.count:,} usable: {_counts(seen.formats)}; modes {_counts(seen.modes)}"
    yield "sizes", f"{_counts(seen.sizes)}; longer side {_numbers(seen.longer_side)} pixels"
    parts = {"none": "no transparency", "hard": "hard edges", "soft": "soft edges"}
    drawn = "" if set(seen.alpha) == {"none"} else f"; {_numbers(seen.drawn, percent=True)} of the frame drawn"
    yield "alpha", ", ".join(f"{count:,} {parts[kind]}" for kind, count in seen.alpha.items()) + drawn
    many = {COLOURS + 1: f"over {COLOURS}"}
    low, middle, high = (many.get(int(n), f"{n:g}") for n in (seen.colours.low, seen.colours.middle, seen.colours.high))
    distinct = f"; {seen.distinct:,} in all" if seen.distinct is not None else ""
    common = ", ".join(f"{colour} in {count:,}" for colour, count in seen.common.items())
    yield "colours", f"per image {low} to {high}, median {middle}{distinct}" + (f"; most common {common}" if common else "")
    yield "kind", "pixel art: scaled by area" if seen.pixel_art else "no pixel art: scaled by lanczos"


def _split(split: Split) -> str:
    source = "stated by the folder" if split.stated else "by the hash of names, as the folder states none"
    return f"{split.train:,} to train on, {split.held_out:,} held out, {source}"


def _alike(alike: Alike, none: str) -> str:
    if not alike.groups:
        return none
    images = sum(map(len, alike.groups))
    shown = "; ".join(" = ".join(group[:SHOWN]) for group in alike.groups[:SHOWN])
    more = "; ..." if len(alike.groups) > SHOWN else ""
    across = f"{plural(len(alike.across), 'pair')} across the split"
    return f"{images:,} images in {plural(len(alike.groups), 'group')}, {across}: {shown}{more}"


def _label(label: Label) -> str:
    values = list(label.counts.items())
    shown = dict(values if len(values) <= VALUES else [*values[: VALUES - 2], *values[-1:]])
    missing = f"; {label.missing:,} images without" if label.missing else ""
    gap = "" if len(values) <= VALUES else f" (most frequent and rarest of {len(values)})"
    return f"{plural(len(values), 'value')}: {_counts(shown, VALUES)}{gap}{missing}"


def _family(family: Family) -> str:
    sides = f"{family.across:,} on both sides of the split" if family.across else "none on both sides of the split"
    return f"{plural(family.values, 'value')} with two or more images, {sides}"


def _counts(counts: Mapping[str, int], most: int = SHOWN) -> str:
    shown = [f"{one_line(name, 40)} {count:,}" for name, count in list(counts.items())[:most]]
    return ", ".join([*shown, f"{len(counts) - most:,} others"] if len(counts) > most else shown)


def _numbers(numbers: Numbers, percent: bool = False) -> str:
    low, middle, high = (f"{n:.0%}" if percent else f"{n:g}" for n in (numbers.low, numbers.middle, numbers.high))
    return low if low == high else f"{low} to {high}, median {middle}"
