"""Ears, horns and what grows on top of heads. Every function takes the scene, the figure and the dice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from zoo_creatures.canvas import ACCENT, BELLY, SKIN, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.figure import Figure
from zoo_creatures.limbs import polar
from zoo_creatures.shapes import (
    Oval,
    Poly,
    Shape,
    Tube,
    bolt,
    curve,
    horn,
    leaf,
    pebble,
    shard,
    taper,
)

BEHIND, FRONT = 19.0, 40.0
Feature = Callable[[Scene, Figure, Dice], None]


def _pair(scene: Scene, figure: Figure, shape: Shape, paint: int = SKIN, z: float = BEHIND, name: str = "") -> None:
    """A part on the right of the head and its reflection in the head's own axis."""
    scene.add(Part(shape, z, paint, name=name))
    scene.add(Part(shape.mirrored(figure.head.cx), z, paint, name=f"{name}'" if name else ""))


@dataclass(frozen=True)
class Ear:
    """A leaf-shaped ear at `degrees` of the head's rim, pointing to `turn`; sizes in head widths."""

    degrees: float
    turn: float
    length: float
    width: float
    bend: float


def _ear(scene: Scene, figure: Figure, ear: Ear, inner: int | None = BELLY, tip: int | None = None) -> None:
    """The ear on both sides, with the paint of its inside and of its tip."""
    r, turn, bend = figure.head.rx, ear.turn, ear.bend
    length, width = ear.length * r, ear.width * r
    x, y = figure.head.at(ear.degrees, 0.8)
    _pair(scene, figure, leaf(x, y, turn, length, width, bend), name="ear")
    if inner is not None:
        start = polar(x, y, turn, length * 0.12)
        _pair(scene, figure, leaf(*start, turn, length * 0.72, width * 0.5, bend), inner, BEHIND + 0.1)
    if tip is not None:
        end = polar(*polar(x, y, turn, length * 0.5), turn + bend, length * 0.5)
        for side, name in ((1, "ear"), (-1, "ear'")):
            middle = figure.head.cx + side * (end[0] - figure.head.cx)
            scene.add(Part(Oval(middle, end[1], width * 0.8, length * 0.32), 0.2, tip, clip=name))


def cat(scene: Scene, figure: Figure, dice: Dice) -> None:
    _ear(scene, figure, Ear(50, dice.between(55, 72), dice.between(0.9, 1.15), dice.between(0.6, 0.75), dice.between(-8, 15)))


def tall(scene: Scene, figure: Figure, dice: Dice) -> None:
    _ear(scene, figure, Ear(56, dice.between(58, 74), dice.between(1.2, 1.6), 0.56, dice.between(-15, 10)), ACCENT)


def tipped(scene: Scene, figure: Figure, dice: Dice) -> None:
    _ear(scene, figure, Ear(52, dice.between(48, 72), dice.between(1.2, 1.55), 0.46, dice.between(-25, 5)), None, ACCENT)


def rabbit(scene: Scene, figure: Figure, dice: Dice) -> None:
    _ear(scene, figure, Ear(62, dice.between(68, 84), dice.between(1.4, 1.8), 0.5, dice.between(-40, 0)))


def floppy(scene: Scene, figure: Figure, dice: Dice) -> None:
    ear = Ear(42, dice.between(15, 40), dice.between(1.15, 1.5), dice.between(0.55, 0.7), dice.between(-105, -80))
    _ear(scene, figure, ear, None, ACCENT)


def round_ears(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(dice.between(40, 54), 1.02)
    size = r * dice.between(0.3, 0.44)
    _pair(scene, figure, Oval(x, y, size, size))
    _pair(scene, figure, Oval(x, y, size * 0.55, size * 0.55), BELLY, BEHIND + 0.1)


def horns(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(dice.between(44, 60), 0.86)
    _pair(scene, figure, horn(x, y, dice.between(30, 60), r * dice.between(0.8, 1.2), r * 0.42, dice.between(50, 85)), ACCENT)


def dragon(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(56, 0.85)
    _pair(scene, figure, horn(x, y, dice.between(48, 66), r * dice.between(1.1, 1.5), r * 0.36, dice.between(-40, 25)), ACCENT)
    low = figure.head.at(12, 0.85)
    for i, turn in enumerate((20, -8)):
        _pair(scene, figure, horn(*low, turn, r * (0.7 - 0.15 * i), r * 0.34), SKIN, BEHIND - 0.5)


def fins(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(14, 0.85)
    spread, reach = dice.between(24, 34), r * dice.between(0.75, 1.05)
    tips = [polar(x, y, 22 + (1 - i) * spread, reach * (1 - 0.1 * abs(i - 1))) for i in range(3)]
    corners = [(x, y + r * 0.22), (x, y - r * 0.3), tips[0]]
    for a, b in pairwise(tips):
        corners += [((a[0] + b[0]) / 2 * 0.8 + x * 0.2, (a[1] + b[1]) / 2 * 0.8 + y * 0.2), b]
    _pair(scene, figure, Poly(tuple(corners), r * 0.3), ACCENT)
    for tip in tips:
        bone = Tube(((x, y), tip), (0.008, 0.004), thin=True)
        for shape in (bone, bone.mirrored(figure.head.cx)):
            scene.add(Part(shape, BEHIND + 0.1, ACCENT, tone=0, rim=False))


def leaf_ears(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(42, 0.85)
    turn, length = dice.between(25, 55), r * dice.between(1.05, 1.4)
    bend = dice.between(-30, 10)
    _pair(scene, figure, leaf(x, y, turn, length, r * 0.66, bend), ACCENT)
    middle = polar(x, y, turn, length * 0.5)
    rib = Tube(((x, y), middle, polar(*middle, turn + bend, length * 0.34)), (0.008,) * 3, thin=True)
    for shape in (rib, rib.mirrored(figure.head.cx)):
        scene.add(Part(shape, BEHIND + 0.1, ACCENT, tone=3, rim=False))


def bolt_ears(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(48, 0.8)
    _pair(scene, figure, bolt(x, y, dice.between(40, 62), r * dice.between(1.3, 1.6), r * 0.95), SKIN)


def shard_ears(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(40, 0.85)
    turn = dice.between(25, 55)
    _pair(scene, figure, shard(x, y, turn - 34, r * 0.7, r * 0.36), ACCENT, BEHIND - 0.2)
    _pair(scene, figure, shard(x, y, turn, r * dice.between(0.95, 1.25), r * 0.42), ACCENT)


def stone_ears(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(dice.between(28, 50), 1.0)
    _pair(scene, figure, pebble(x, y, r * 0.42, r * 0.36, dice.between(0, 60), dice.whole(5, 6)), ACCENT)


def frill(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(10, 0.8)
    for turn in (-30, 60, 15):
        _pair(scene, figure, horn(x, y, turn, r * 0.78, r * 0.42), ACCENT)


def wispy(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(48, 0.85)
    _pair(scene, figure, leaf(x, y, dice.between(30, 60), r * dice.between(0.9, 1.2), r * 0.55, dice.between(50, 90)))


def tassel(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(36, 0.9)
    end = (x + r * dice.between(0.5, 0.75), y + r * dice.between(0.3, 0.9))
    _pair(scene, figure, Tube(curve(((x, y), (end[0], y - r * 0.7), end), 6), taper(r * 0.13, r * 0.1, 6)))
    _pair(scene, figure, Oval(end[0], end[1] + r * 0.1, r * 0.2, r * 0.28), ACCENT, BEHIND + 0.2)


def bolts_ears(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(dice.between(0, 18), 0.98)
    _pair(scene, figure, pebble(x, y, r * 0.3, r * 0.34, 30), ACCENT)
    _pair(scene, figure, pebble(x + r * 0.26, y, r * 0.16, r * 0.22, 30), SKIN, BEHIND - 0.2)


def blade_ears(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(24, 0.85)
    _pair(scene, figure, leaf(x, y, dice.between(15, 50), r * dice.between(1.0, 1.3), r * 0.4, 20), ACCENT)


def plumes(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = figure.head.rx, figure.head.at(30, 0.85)
    turn = dice.between(20, 50)
    for i, step in enumerate((-50, -25, 0)):
        _pair(
            scene,
            figure,
            leaf(x, y, turn + step, r * (0.75 + 0.16 * i), r * 0.36, -15),
            ACCENT if i == 1 else SKIN,
            BEHIND - 1 + 0.2 * i,
        )


EARS: dict[str, Feature] = {
    "cat": cat,
    "tall": tall,
    "tipped": tipped,
    "rabbit": rabbit,
    "floppy": floppy,
    "round": round_ears,
    "horns": horns,
    "dragon": dragon,
    "fins": fins,
    "leaf": leaf_ears,
    "bolt": bolt_ears,
    "shard": shard_ears,
    "stones": stone_ears,
    "frill": frill,
    "wispy": wispy,
    "tassel": tassel,
    "bolts": bolts_ears,
    "blades": blade_ears,
    "plumes": plumes,
}
