"""One creature from its number: its type, its body and its picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zoo_creatures.bodies import BODIES
from zoo_creatures.canvas import Scene, paint
from zoo_creatures.dice import Dice
from zoo_creatures.elements import ELEMENTS, dress, style
from zoo_creatures.palettes import TYPES, palette

DRAWING_VERSION = 3  # raise it whenever any pixel of any creature changes
BODY_NAMES = tuple(BODIES)


@lru_cache(maxsize=64)
def _deal(seed: int, round_: int) -> tuple[tuple[int, int], ...]:
    pairs = [(element, body) for element in range(len(TYPES)) for body in range(len(BODY_NAMES))]
    return tuple(Dice(seed, "deal", round_).shuffled(pairs))


def kind(seed: int, index: int) -> tuple[int, int]:
    """(type, body) of a creature. Every run of 180 indices has each pair once, so the two are balanced and independent."""
    pairs = len(TYPES) * len(BODY_NAMES)
    return _deal(seed, index // pairs)[index % pairs]


def sprite(seed: int, index: int, size: int) -> NDArray[np.uint8]:
    """The picture, (size, size, 4) straight alpha; alpha is 0 or 255, and colour is 0 where alpha is."""
    element, body = kind(seed, index)
    return draw(TYPES[element], BODY_NAMES[body], Dice(seed, "creature", index), size)


def draw(element: str, body: str, dice: Dice, size: int) -> NDArray[np.uint8]:
    """Draw a creature of a type and a body, (size, size, 4)."""
    colours = palette(element, dice)
    scene = Scene()
    traits = ELEMENTS[element]
    figure = BODIES[body](scene, style(traits, dice), dice)
    dress(scene, figure, traits, body, dice)
    codes = paint(scene, size, figure.fill, figure.floats)
    picture = np.empty((size, size, 4), dtype=np.uint8)
    picture[..., :3] = colours[codes]
    picture[..., 3] = np.where(codes > 0, 255, 0)
    return picture
