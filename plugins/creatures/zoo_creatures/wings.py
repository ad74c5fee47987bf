"""Wings: skin on bones, sheets of an insect, or a fan of feathers, flames, leaves, crystals or blades."""

from __future__ import annotations

import math
from itertools import pairwise

from zoo_creatures.canvas import ACCENT, BELLY, GLOW, LIGHT, LINE, SKIN, WHITE, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.limbs import polar
from zoo_creatures.shapes import Oval, Point, Poly, Shape, Tube, bolt, curve, horn, leaf, pebble, shard

FAN_WIDTHS = {"shard": 0.24, "blade": 0.2, "leaf": 0.34, "flame": 0.34, "bolt": 0.5, "slab": 0.3, "petal": 0.3, "feather": 0.27}


def wings(scene: Scene, kind: str, x: float, y: float, span: float, tilt: float, dice: Dice, z: float = -20) -> None:
    """A pair of wings, from (x, y) to the right and mirrored.

    kind   "bat", "fin", "insect" or a key of FAN_WIDTHS.
    span   the length of one wing; `tilt` in degrees raises it.
    """
    if kind == "bat":
        rise = span * (0.35 + tilt / 160)
        skin_wing(scene, (x, y), span, rise, dice.whole(3, 4), dice.between(0.25, 0.5), z)
        wrist, tip = (x + span * 0.38, y - rise), _finger(x, y, span, rise, 0, 4)
        bow = curve(((x, y), (x + span * 0.12, y - rise * 0.8), wrist), 4)
        scene.add(Part(Tube((*bow, tip), (0.06, 0.055, 0.05, 0.045, 0.04, 0.01)), z + 0.2, SKIN), mirror=True)
        scene.add(Part(horn(*wrist, 80, span * 0.16, span * 0.09), z + 0.1, WHITE), mirror=True)
    elif kind == "fin":
        skin_wing(scene, (x, y), span * 0.9, span * (0.22 + tilt / 200), 5, 0.12, z)
    elif kind == "insect":
        _sheets(scene, x, y, span, tilt, dice.between(0.19, 0.26), z)
    else:
        _fan(scene, kind, x, y, span, tilt, dice.whole(3, 5), z)


def skin_wing(
    scene: Scene, root: Point, span: float, rise: float, fingers: int, scallop: float, z: float, mirror: bool = True
) -> None:
    """Skin between fingers that spread from a wrist `rise` above its root. `scallop` is how deep its edge is cut, 0 to 1."""
    x, y = root
    wrist = (x + span * 0.38, y - rise)
    tips = [_finger(x, y, span, rise, i, fingers) for i in range(fingers)]
    corners = [(x, y), *curve(((x, y), (x + span * 0.12, y - rise * 0.8), wrist), 3)[1:], tips[0]]
    for (ax, ay), (bx, by) in pairwise([*tips, (x - 0.02, y + span * 0.3)]):
        mx, my = (ax + bx) / 2, (ay + by) / 2
        pull = (mx + (wrist[0] - mx) * scallop, my + (wrist[1] - my) * scallop)
        corners += curve(((ax, ay), pull, (bx, by)), 4)[1:]
    scene.add(Part(Poly(tuple(corners), span * 0.3), z, ACCENT), mirror)
    for tip in tips[1:]:
        scene.add(Part(Tube((wrist, tip), (0.012, 0.004), thin=True), z + 0.1, ACCENT, tone=LINE, rim=False), mirror)


def _finger(x: float, y: float, span: float, rise: float, i: int, fingers: int) -> Point:
    tip = polar(x + span * 0.2, y - rise * 0.1, 32 - i * 100 / fingers, span * (0.86 - 0.1 * i))
    return tip[0], tip[1] - rise * 0.25


def _sheets(scene: Scene, x: float, y: float, span: float, tilt: float, wide: float, z: float) -> None:
    """Two pairs of clear wings with a spot near the tip."""
    for name, turn, length in (("hind wing", tilt - 42, span * 0.66), ("fore wing", tilt, span)):
        middle = polar(x, y, turn, length * 0.52)
        scene.add(Part(Oval(*middle, length * 0.52, length * wide, -math.radians(turn)), z, BELLY, name=name), mirror=True)
        spot = Oval(*polar(x, y, turn, length * 0.74), length * 0.13, length * 0.1)
        _mark_pair(scene, spot, 0.1, name)
        z += 0.5


def _fan(scene: Scene, kind: str, x: float, y: float, span: float, tilt: float, count: int, z: float) -> None:
    width = span * FAN_WIDTHS[kind]
    for i in range(count):
        share = i / (count - 1)  # from the lowest feather to the leading one
        turn, length = tilt - 72 * (1 - share) + 6, span * (0.55 + 0.45 * share**0.8)
        start = polar(x, y, tilt, span * 0.12 * share)
        plain = kind == "feather" or (kind == "petal" and i % 2 == 1)
        name = f"feather {i}"
        scene.add(
            Part(_feather(kind, start, turn, length, width), z + share, SKIN if plain else ACCENT, name=name), mirror=True
        )
        if kind == "flame":
            core = leaf(*start, turn, length * 0.6, width * 0.5, 14)
            scene.add(Part(core, z + share + 0.01, GLOW, rim=False), mirror=True)
        elif kind == "leaf":
            rib = Tube((start, polar(*start, turn, length * 0.8)), (0.008, 0.004), thin=True)
            scene.add(Part(rib, z + share + 0.01, ACCENT, tone=LIGHT, rim=False), mirror=True)
        elif kind == "feather":
            _mark_pair(scene, Oval(*polar(*start, turn - 8, length * 0.95), length * 0.26, length * 0.26), 0.01, name)
    if kind in ("feather", "flame", "petal"):
        shoulder = Oval(*polar(x, y, tilt - 14, span * 0.2), span * 0.27, span * 0.17, -math.radians(tilt - 14))
        scene.add(Part(shoulder, z + 1.2, SKIN), mirror=True)


def _feather(kind: str, start: Point, turn: float, length: float, width: float) -> Shape:
    if kind == "shard":
        return shard(*start, turn, length, width)
    if kind == "bolt":
        return bolt(*start, turn, length, width)
    if kind == "slab":
        return pebble(*polar(*start, turn, length * 0.55), length * 0.36, width * 0.75, turn, 6)
    bends = {"blade": 0.0, "flame": 14.0}
    return leaf(*start, turn, length, width, bends.get(kind, -16.0))


def _mark_pair(scene: Scene, shape: Shape, z: float, name: str) -> None:
    """A marking on the part `name` and on its mirror image."""
    scene.add(Part(shape, z, ACCENT, clip=name))
    scene.add(Part(shape.mirrored(), z, ACCENT, clip=f"{name}'"))
