"""Which images are held out: what the folder says, or a hash of each name."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

TRAIN = frozenset({"train", "training"})
HELD_OUT = frozenset({"val", "valid", "validation", "dev", "test", "testing", "eval", "held_out"})


def stated(word: str | None) -> bool | None:
    """True for the name of a held-out split, False for a training one, None for anything else."""
    if word is None:
        return None
    word = word.strip().lower()
    return True if word in HELD_OUT else False if word in TRAIN else None


def position(name: str, salt: str) -> float:
    """A number in [0, 1) that depends on `name` and `salt` alone."""
    return zlib.crc32(f"{salt}/{name}".encode("utf-8", "surrogateescape")) / 2**32


def held_out(names: Sequence[str], words: Sequence[str | None], fraction: float) -> list[bool]:
    """Which of the images are held out.

    What is stated counts if it puts at least one image on each side; images that state nothing are then trained on.
    Otherwise an image is held out where the hash of its name is below `fraction`, so images added later move no other
    across. A fraction above 0 holds out at least one image, one below 1 leaves at least one.
    """
    said = [stated(word) for word in words]
    if True in said and False in said:
        return [value is True for value in said]
    places = [position(name, "split") for name in names]
    chosen = [place < fraction for place in places]
    if len(names) > 1 and 0 < fraction < 1 and len(set(chosen)) == 1:
        edge = places.index(max(places) if chosen[0] else min(places))
        chosen[edge] = not chosen[edge]
    return chosen
