"""What `zoo data check` warns of, and what to do about it: one sentence for each trouble that the facts show."""

from __future__ import annotations

from collections.abc import Iterator

from zoo_bench.data.checkup import Checkup, Pictures, size_that_fits
from zoo_bench.data.folder import FEWEST
from zoo_bench.words import plural

FEW = 200  # images to train on, below which a generator learns them by heart
FEW_HELD_OUT = 50  # below which the floors of scores are rough
FEW_OF_A_VALUE = 16
UNEVEN = 10  # times as many images of the most frequent value as of the rarest
EMPTY = 0.25  # of the frame drawn, in the middle


def warnings(found: Checkup, size: int | None = None) -> list[str]:
    """One line each, the gravest first. `size` is the one to train at, if it is known."""
    return [*_amount(found), *_leaks(found), *(_pictures(found.pictures, size) if found.pictures else ()), *_labels(found)]


def _amount(found: Checkup) -> Iterator[str]:
    usable = found.pictures.count - sum(len(group) - 1 for group in found.exact.groups) if found.pictures else 0
    if usable < FEWEST:
        yield f"{plural(usable, 'usable image')}, {FEWEST} are needed to train at all: add some"
    elif found.split.train < FEW:
        yield (
            f"{plural(found.split.train, 'image')} to train on are few: the generator will learn them by heart; "
            f"add images, or type --set train.augment=colour,translation"
        )
    if usable >= FEWEST and found.split.held_out < FEW_HELD_OUT:
        yield f"{plural(found.split.held_out, 'image')} held out are few: scores and their floors will be rough"
    if found.skipped:
        count, first = plural(len(found.skipped), "file or line", "files or lines"), found.skipped[0]
        yield f"{count} cannot be used, {first.name} first: {first.reason}"


def _leaks(found: Checkup) -> Iterator[str]:
    if found.exact.groups:
        more = sum(len(group) - 1 for group in found.exact.groups)
        across = f", {len(found.exact.across)} of them across the split" if found.exact.across else ""
        yield f"{plural(more, 'image')} repeat the pixels of another{across}: the later by name are left out when training"
    if found.nearly.across:
        pairs = len(found.nearly.across)
        one, other = found.nearly.across[0]
        yield (
            f"the split leaks: {plural(pairs, 'pair')} of images that look alike {'has' if pairs == 1 else 'have'} one that is "
            f"trained on and one held out, such as {one} and {other}; put both on one side, or take one away"
        )
    for field, family in found.families.items():
        if family.across:
            advice = "state the split by it" if found.split.stated else f"type --set dataset.together={field}"
            yield (
                f"{family.across} of {plural(family.values, 'value')} of {field} with two or more images have them on both "
                f"sides of the split: if images of one {field} look alike, {advice}"
            )


def _pictures(seen: Pictures, size: int | None) -> Iterator[str]:
    fits = size_that_fits(seen.longer_side)
    if size is not None and size > seen.longer_side.middle:
        yield f"half of the images are smaller than {size} pixels and will be enlarged: type --size {fits}"
    if seen.alpha.keys() != {"none"} and seen.drawn.middle < EMPTY:
        yield f"half of the images draw less than {seen.drawn.middle:.0%} of their frame: crop them, and more pixels count"
    if "none" in seen.alpha and len(seen.alpha) > 1:
        yield (
            f"{plural(seen.alpha['none'], 'image')} of {seen.count:,} have no transparency and the others do: what is "
            f"transparent gets the colour of --background"
        )


def _labels(found: Checkup) -> Iterator[str]:
    for name, label in found.labels.items():
        if name in found.families:  # names a few images each, and is not meant to be learned
            continue
        counts = list(label.counts.values())
        rare = [value for value, count in label.counts.items() if count < FEW_OF_A_VALUE]
        if rare:
            yield (
                f"label {name}: {len(rare)} of {plural(len(counts), 'value')} {'has' if len(rare) == 1 else 'have'} fewer than "
                f"{FEW_OF_A_VALUE} images, {rare[-1]} only {counts[-1]}: too few to learn from"
            )
        elif counts[0] > UNEVEN * counts[-1]:
            most = next(iter(label.counts))
            yield f"label {name} is uneven: {most} has {counts[0]:,} images, {list(label.counts)[-1]} {counts[-1]:,}"
