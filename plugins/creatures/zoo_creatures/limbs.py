"""Legs and small pieces that several features share."""

from __future__ import annotations

import math

from zoo_creatures.canvas import ACCENT, GLOW, SHADOW, SKIN, WHITE, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.shapes import (
    Oval,
    Point,
    Poly,
    Tube,
    gem,
    horn,
    leaf,
)


def polar(x: float, y: float, degrees: float, reach: float) -> Point:
    """The point `reach` away in a direction: 0 is right, 90 is up."""
    return x + math.cos(math.radians(degrees)) * reach, y - math.sin(math.radians(degrees)) * reach


def flame(scene: Scene, x: float, y: float, degrees: float, size: float, dice: Dice, z: float, mirror: bool = False) -> None:
    """A burning tuft: an outer flame of three tongues and a bright core."""
    bend = dice.between(10, 35) * dice.pick((-1, 1))
    for turn, length in ((-34, 0.62), (34, 0.62), (0, 1.0)):
        scene.add(Part(leaf(x, y, degrees + turn, size * length, size * 0.5, bend + turn * 0.5), z, ACCENT, rim=False), mirror)
    scene.add(Part(leaf(x, y, degrees, size * 0.62, size * 0.3, bend), z + 0.1, GLOW, rim=False), mirror)


def heart(scene: Scene, x: float, y: float, size: float, paint: int, z: float, clip: str = "", mirror: bool = False) -> None:
    """A heart about 2 * `size` wide."""
    lobe_l = Oval(x - size * 0.42, y - size * 0.2, size * 0.62, size * 0.42, math.radians(48))
    lobe_r = Oval(x + size * 0.42, y - size * 0.2, size * 0.62, size * 0.42, math.radians(-48))
    tip = gem(x, y + size * 0.1, size * 0.72, size * 0.8)
    for shape in (tip, lobe_l, lobe_r):
        scene.add(Part(shape, z, paint, clip=clip, rim=False), mirror)


def claws(scene: Scene, x: float, y: float, width: float, z: float, count: int = 3, paint: int = WHITE) -> None:
    """Toes of a foot whose front edge is centred on (x, y)."""
    for i in range(count):
        across = x + (i - (count - 1) / 2) * width / count
        scene.add(
            Part(
                Oval(across, y, width * 0.42 / count, width * 0.36 / count),
                z,
                paint,
                tone=None if paint != WHITE else 2,
                rim_paint=SKIN,
            )
        )


def leg(
    scene: Scene,
    hip: Point,
    foot: Point,
    thick: float,
    z: float,
    dim: int = 0,
    kind: str = "paw",
    mirror: bool = False,
) -> None:
    """A leg with a foot. `kind`: paw, hoof, talon or stub."""
    (hx, hy), (fx, fy) = hip, foot
    if kind == "talon":
        shank = Tube(
            ((hx, hy), ((hx + fx) / 2 + 0.02, (hy + fy) / 2), (fx, fy - 0.03)), (thick * 0.5, thick * 0.36, thick * 0.3)
        )
        scene.add(Part(shank, z, GLOW, tone=SHADOW + 1, dim=dim), mirror)
        for turn in (-150, -90, -30):
            scene.add(Part(horn(fx, fy - 0.05, turn, thick * 1.1, thick * 0.5), z + 0.1, GLOW, dim=dim), mirror)
        return
    knee = ((hx + fx) / 2 + (fx - hx) * 0.1, (hy + fy) / 2)
    shank = Tube(((hx, hy), knee, (fx, fy - thick * 0.6)), (thick * 1.15, thick, thick * 0.92))
    scene.add(Part(shank, z, SKIN, dim=dim), mirror)
    if kind == "paw":
        scene.add(Part(Oval(fx, fy - thick * 0.5, thick * 1.3, thick * 0.72), z + 0.2, SKIN, dim=dim), mirror)
    elif kind == "hoof":
        hoof = Poly(
            ((fx - thick, fy - thick * 0.9), (fx + thick, fy - thick * 0.9), (fx + thick * 1.15, fy), (fx - thick * 1.15, fy)),
            thick,
        )
        scene.add(Part(hoof, z + 0.2, ACCENT, dim=dim), mirror)
