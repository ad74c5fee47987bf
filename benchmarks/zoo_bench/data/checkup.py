"""What is in a folder of images, and what of it is trouble: `zoo data check`. Decodes everything once and changes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from zoo_bench.data import near
from zoo_bench.data.look import COLOURS, Look
from zoo_bench.data.scan import File
from zoo_bench.data.split import held_out, stated
from zoo_core.images import Skipped
from zoo_core.space import SIZES, halvings

SHOWN = 5  # examples of anything
FAMILY = 10  # images that a value of a field may have on average, for its images to be called a family
FAMILIES = 5  # fields with fewer families are no such field


@dataclass(frozen=True)
class Numbers:
    """Smallest, middle and largest of something."""

    low: float
    middle: float
    high: float

    @staticmethod
    def of(values: Iterable[float]) -> Numbers:
        ordered = sorted(values)
        return Numbers(ordered[0], median(ordered), ordered[-1])


@dataclass(frozen=True)
class Pictures:
    """Facts of all usable images: how many of each format, mode, transparency, size; colours; share of the frame drawn.

    colours  per image, 257 for more than 256; distinct counts them over the set, None where an image has more.
    common   the colours that are in most images, and in how many.
    pixel_art  whether the dataset would take them for pixel art.
    """

    count: int
    formats: Mapping[str, int]
    modes: Mapping[str, int]
    alpha: Mapping[str, int]
    sizes: Mapping[str, int]
    longer_side: Numbers
    colours: Numbers
    distinct: int | None
    common: Mapping[str, int]
    drawn: Numbers
    pixel_art: bool


@dataclass(frozen=True)
class Label:
    """A field that can be a label: how many images each value has, most frequent first, and how many have none."""

    counts: Mapping[str, int]
    missing: int


@dataclass(frozen=True)
class Family:
    """A field whose values have few images each: values with two and more images, and those of them on both sides."""

    values: int
    across: int


@dataclass(frozen=True)
class Split:
    """stated: whether the folder says so (otherwise the hash of names decides). The rest counts images."""

    stated: bool
    train: int
    held_out: int


@dataclass(frozen=True)
class Alike:
    """Groups of two and more images by name, and pairs with one image on each side of the split, (trained on, held out)."""

    groups: tuple[tuple[str, ...], ...]
    across: tuple[tuple[str, str], ...]


def pictures(looks: Sequence[Look], pixel_art: bool) -> Pictures:
    """`looks` has at least one."""
    longer = Numbers.of(max(item.width, item.height) for item in looks)
    colours = Numbers.of(item.colours for item in looks)
    names, images = np.unique(np.concatenate([item.palette for item in looks]), return_counts=True)
    common = np.argsort(-images, kind="stable")[:SHOWN]
    return Pictures(
        count=len(looks),
        formats=counted(item.format for item in looks),
        modes=counted(item.mode for item in looks),
        alpha=counted(item.alpha for item in looks),
        sizes=counted(f"{item.width}x{item.height}" for item in looks),
        longer_side=longer,
        colours=colours,
        distinct=len(names) if colours.high <= COLOURS else None,
        common={f"#{names[index]:06x}": int(images[index]) for index in common},
        drawn=Numbers.of(round(item.drawn, 4) for item in looks),
        pixel_art=pixel_art,
    )


def labels(attributes: Mapping[str, tuple[str, ...]], files: Sequence[File]) -> dict[str, Label]:
    found = {}
    for name in attributes:
        given = [file.fields[name] for file in files if name in file.fields]
        found[name] = Label(counted(given), len(files) - len(given))
    return found


def split_of(files: Sequence[File], fraction: float) -> tuple[Split, list[bool]]:
    """The split that training would use, and on which side each file is: True for held out."""
    words = [file.split for file in files]
    sides = held_out([file.name for file in files], words, fraction)
    said = {stated(word) for word in words}
    return Split({True, False} <= said, sides.count(False), sides.count(True)), sides


def families(files: Sequence[File], sides: Sequence[bool]) -> dict[str, Family]:
    """Fields that tie a few images together each, such as the id of a species of which there are several pictures."""
    members: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for file, side in zip(files, sides, strict=True):
        for field, value in file.fields.items():
            members[field][value].append(side)
    found = {}
    for field in sorted(members):
        shared = [found_sides for found_sides in members[field].values() if len(found_sides) > 1]
        images = sum(map(len, members[field].values()))
        if len(shared) >= FAMILIES and images <= FAMILY * len(members[field]):
            found[field] = Family(len(shared), sum(len(set(found_sides)) > 1 for found_sides in shared))
    return found


def exact(looks: Sequence[Look], sides: Sequence[bool]) -> Alike:
    """Images of equal pixels."""
    same: dict[bytes, list[int]] = defaultdict(list)
    for index, item in enumerate(looks):
        same[item.pixels].append(index)
    found = [group for group in same.values() if len(group) > 1]
    return _alike(looks, sides, found, [pair for group in found for pair in pairwise(group)])


def nearly(looks: Sequence[Look], sides: Sequence[bool]) -> Alike:
    """Images that look alike but are not equal, among the first near.MOST."""
    compared = [item.small for item in looks if item.small is not None]
    pairs = near.near_pairs(np.stack(compared))
    unequal = [(i, j) for i, j in pairs if looks[i].pixels != looks[j].pixels]
    return _alike(looks, sides, near.groups(unequal), unequal)


def size_that_fits(longer: Numbers) -> int:
    """The largest size that enlarges no more than half of the images."""
    sizes = [size for size in range(SIZES[0], SIZES[1] + 1) if halvings(size)[1] > 0]
    return max((size for size in sizes if size <= longer.middle), default=sizes[0])


@dataclass(frozen=True)
class Checkup:
    """Everything that `zoo data check` says."""

    folder: str
    skipped: tuple[Skipped, ...]
    pictures: Pictures | None
    labels: Mapping[str, Label]
    split: Split
    families: Mapping[str, Family]
    exact: Alike
    nearly: Alike
    compared: int  # images that were looked at for near duplicates

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check(
    folder: str,
    attributes: Mapping[str, tuple[str, ...]],
    looks: Sequence[Look],
    skipped: Sequence[Skipped],
    pixel_art: bool,
    fraction: float = 0.1,
) -> Checkup:
    """All facts of the usable images of a folder. `fraction` is held out where the folder states no split."""
    files = [item.file for item in looks]
    split, sides = split_of(files, fraction)
    nothing = Alike((), ())
    return Checkup(
        folder,
        tuple(skipped),
        pictures(looks, pixel_art) if looks else None,
        labels(attributes, files),
        split,
        families(files, sides),
        exact(looks, sides),
        nearly(looks, sides) if looks else nothing,
        sum(item.small is not None for item in looks),
    )


def counted(values: Iterable[Hashable]) -> dict[str, int]:
    """How often each value is there, most frequent first."""
    found = Counter(str(value) for value in values)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _alike(
    looks: Sequence[Look], sides: Sequence[bool], found: Sequence[Sequence[int]], pairs: Sequence[tuple[int, int]]
) -> Alike:
    names = [item.file.name for item in looks]
    across = [(names[j], names[i]) if sides[i] else (names[i], names[j]) for i, j in pairs if sides[i] != sides[j]]
    return Alike(tuple(tuple(names[index] for index in group) for group in found), tuple(across))
