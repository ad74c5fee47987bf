"""What a body tells about itself, so that any elemental type can dress it."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_creatures.dice import Dice
from zoo_creatures.faces import Face
from zoo_creatures.shapes import Oval, Point


@dataclass(frozen=True)
class Style:
    """What a body takes from its elemental type."""

    power: float = 2.0  # of ovals: above 2 is boxy
    tail: str = "fluff"
    wing: str = "feather"
    foot: str = "paw"


@dataclass(frozen=True)
class Figure:
    """Where things are on a drawn body. The parts named "head" and "torso" exist; they may be the same place."""

    head: Oval
    torso: Oval
    face: Face
    back: Point | None = None  # right shoulder blade, where small wings grow
    snout: float = 0.0  # half the width of a muzzle below the eyes, 0 for none
    profile: bool = False  # seen from the side: one eye
    fill: float = 1.0
    floats: bool = False
    ears: bool = True


def face_on(head: Oval, dice: Dice, drop: float = 0.1, shift: float = 0.0) -> Face:
    eye = head.rx * dice.between(0.22, 0.31)
    return Face(head.cx + shift, head.cy + head.ry * drop, head.rx, eye, max(head.rx * dice.between(0.36, 0.52), eye * 1.15))


def crown_size(figure: Figure) -> float:
    """Half the width of the head, less for heads that are whole bodies."""
    return min(figure.head.rx, 0.3 + 0.25 * figure.head.rx)
