"""What grows on top of heads: the clearest sign of an elemental type.

Every function takes the scene, the figure and the dice.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from zoo_creatures.canvas import ACCENT, BELLY, GLOW, SKIN, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.figure import Figure, crown_size
from zoo_creatures.limbs import flame, polar
from zoo_creatures.shapes import Oval, Poly, Tube, curve, horn, leaf, pebble, shard, taper

BEHIND, FRONT = 19.0, 40.0
Crown = Callable[[Scene, Figure, Dice], None]


def flames(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.75)
    size = r * dice.between(1.15, 1.6)
    for side in (-1, 1):
        scene.add(
            Part(leaf(x + side * r * 0.35, y + r * 0.1, 90 - side * 28, size * 0.72, size * 0.42, side * 40), BEHIND, ACCENT)
        )
    flame(scene, x, y + r * 0.1, 90, size, dice, BEHIND + 0.2)


def fin(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.8)
    high, wide = r * dice.between(0.7, 1.1), r * dice.between(0.3, 0.5)
    outline = (
        (x - wide, y + r * 0.1),
        (x - wide * 0.75, y - high * 0.6),
        (x - wide * 0.35, y - high * 0.5),
        (x, y - high),
        (x + wide * 0.35, y - high * 0.5),
        (x + wide * 0.75, y - high * 0.6),
        (x + wide, y + r * 0.1),
    )
    scene.add(Part(Poly(outline, r * 0.3), BEHIND, ACCENT))
    for tip in ((x - wide * 0.7, y - high * 0.5), (x, y - high * 0.9), (x + wide * 0.7, y - high * 0.5)):
        scene.add(Part(Tube(((x, y), tip), (0.008, 0.004), thin=True), BEHIND + 0.1, ACCENT, tone=0, rim=False))


def wave(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.8)
    side = dice.pick((-1, 1))
    path = curve(
        (
            (x + side * r * 0.3, y + r * 0.15),
            (x + side * r * 0.5, y - r * 1.1),
            (x - side * r * 0.7, y - r * 1.1),
            (x - side * r * 0.45, y - r * 0.35),
        ),
        8,
    )
    scene.add(Part(Tube(path, taper(r * 0.3, r * 0.06, 8)), BEHIND, ACCENT))


def sprout(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.95)
    stem = y - r * dice.between(0.15, 0.4)
    scene.add(Part(Tube(((x, y + 0.05), (x, stem)), (r * 0.1, r * 0.08)), BEHIND, ACCENT))
    length, turn = r * dice.between(0.75, 1.05), dice.between(18, 48)
    for side in (0, 1):
        way = 180 - turn if side else turn
        scene.add(Part(leaf(x, stem, way, length, r * 0.5, 25 if side else -25), FRONT, ACCENT))
        scene.add(
            Part(
                Tube(((x, stem), polar(x, stem, way, length * 0.6)), (0.008, 0.006), thin=True),
                FRONT + 0.1,
                ACCENT,
                tone=3,
                rim=False,
            )
        )


def leaves(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.85)
    for turn in (-62, 62, -32, 32, 0):
        scene.add(
            Part(
                leaf(x, y, 90 + turn, r * (1.05 - abs(turn) / 160), r * 0.42, turn * 0.5),
                BEHIND + 0.5 - abs(turn) / 200,
                ACCENT,
            )
        )


def spikes(scene: Scene, figure: Figure, dice: Dice) -> None:
    r = crown_size(figure)
    for turn in (-50, 50, -26, 26, 0):
        where = figure.head.at(90 + turn, 0.85)
        scene.add(Part(horn(*where, 90 + turn * 0.9, r * (0.75 - abs(turn) / 200), r * 0.36), BEHIND - abs(turn) / 100, ACCENT))


def crystals(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, high = crown_size(figure), dice.between(0.8, 1.2)
    for turn in (-48, 48, -24, 24, 0):
        where = figure.head.at(90 + turn, 0.8)
        scene.add(Part(shard(*where, 90 + turn * 0.7, r * (high - abs(turn) / 90), r * 0.36), BEHIND - abs(turn) / 100, ACCENT))


def stones(scene: Scene, figure: Figure, dice: Dice) -> None:
    r = crown_size(figure)
    for turn, size in ((-36, 0.3), (36, 0.26), (0, 0.4)):
        where = figure.head.at(90 + turn + dice.between(-6, 6), 1.0)
        scene.add(
            Part(
                pebble(*where, r * size * 1.15, r * size, dice.between(0, 60), dice.whole(5, 6)),
                BEHIND + 0.5 - abs(turn) / 100,
                ACCENT,
            )
        )


def mound(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, head = crown_size(figure), figure.head
    scene.add(Part(Oval(head.cx, head.cy - head.ry * 1.0, head.rx * 0.95, head.ry * 0.52), 0.3, ACCENT, clip="head"))
    x, y = head.at(90, 0.92)
    for dx in (-0.28, 0.28, 0):
        scene.add(Part(horn(x + dx * r, y, 90 - dx * 60, r * 0.5, r * 0.34), BEHIND, ACCENT))


def nosehorn(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, face = crown_size(figure), figure.face
    y = face.y - face.eye * 0.6 if not figure.profile else face.y - face.eye
    x = face.x if not figure.profile else face.x - face.eye * 1.2
    scene.add(Part(horn(x, y, 90, r * dice.between(0.75, 1.05), r * 0.42), FRONT, BELLY))


def feelers(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, bend = crown_size(figure), dice.between(0.3, 0.7)
    for side in (-1, 1):
        x, y = figure.head.at(90 - side * 24, 0.9)
        tip = (x + side * r * (0.4 + bend), y - r * dice.between(0.75, 0.8))
        scene.add(
            Part(Tube(curve(((x, y), (x + side * r * 0.1, y - r * 1.1), tip), 6), taper(r * 0.1, r * 0.06, 6)), BEHIND, ACCENT)
        )


def clubs(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, high = crown_size(figure), dice.between(0.55, 0.85)
    for side in (-1, 1):
        x, y = figure.head.at(90 - side * 28, 0.9)
        tip = (x + side * r * 0.4, y - r * high)
        scene.add(Part(Tube(((x, y), tip), (r * 0.08, r * 0.07)), BEHIND, ACCENT))
        scene.add(Part(Oval(*tip, r * 0.2, r * 0.2), BEHIND + 0.2, GLOW))


def beetle(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.8)
    long = r * dice.between(0.9, 1.2)
    scene.add(Part(Tube(((x, y), (x, y - long)), (r * 0.22, r * 0.12)), BEHIND, ACCENT))
    for way in (40, 140):
        scene.add(Part(horn(x, y - long, way, r * 0.55, r * 0.26, 40 if way == 40 else -40), BEHIND + 0.1, ACCENT))


def warts(scene: Scene, figure: Figure, dice: Dice) -> None:
    r = crown_size(figure)
    for turn in (-52, 52, -18, 18):
        where = figure.head.at(90 + turn, 0.98)
        size = r * dice.between(0.18, 0.27)
        scene.add(Part(Oval(*where, size, size), BEHIND, ACCENT))


def quills(scene: Scene, figure: Figure, dice: Dice) -> None:
    r = crown_size(figure)
    for turn in (-64, 64, -38, 38, -13, 13):
        where = figure.head.at(90 + turn, 0.8)
        scene.add(Part(horn(*where, 90 + turn, r * dice.between(0.72, 0.78), r * 0.24), BEHIND - abs(turn) / 100, ACCENT))


def mane(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, head = figure.head.rx, figure.head
    count = dice.whole(4, 5)
    for i in range(count):
        turn = 90 - 150 * i / count
        for side in (-1, 1):
            where = head.at(90 - side * (90 - turn), 0.75)
            way = 90 - side * (90 - turn)
            scene.add(Part(leaf(*where, way, r * 0.72, r * 0.46, side * 25), BEHIND - 1 - i * 0.1, ACCENT))


def antlers(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, head = crown_size(figure), figure.head
    for side in (-1, 1):
        x, y = head.at(90 - side * 26, 0.9)
        tip = (x + side * r * 0.75, y - r * 0.6)
        scene.add(
            Part(
                Tube(curve(((x, y), (x + side * r * 0.05, y - r * 0.75), tip), 6), taper(r * 0.11, r * 0.05, 6)), BEHIND, ACCENT
            )
        )
        scene.add(Part(Oval(*tip, r * 0.17, r * 0.17), BEHIND + 0.2, GLOW))


def ridge(scene: Scene, figure: Figure, dice: Dice) -> None:
    r = crown_size(figure)
    for turn in (-30, 30, 0):
        where = figure.head.at(90 + turn, 0.85)
        scene.add(Part(horn(*where, 90 + turn * 0.8, r * (0.62 if turn else 0.85), r * 0.4), BEHIND - abs(turn) / 100, ACCENT))


def plume(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.85)
    bend = dice.between(50, 90) * dice.pick((-1, 1))
    for i, length in enumerate((1.25, 0.95, 0.65)):
        scene.add(
            Part(
                leaf(x, y, 90 + math.copysign(26 * i, bend), r * length, r * 0.34, bend),
                BEHIND + i * 0.1,
                ACCENT if i % 2 == 0 else SKIN,
            )
        )


def crest(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.85)
    for turn in (-48, 48, 0):
        scene.add(
            Part(
                leaf(x, y, 90 + turn, r * dice.between(0.78, 0.82), r * 0.42),
                BEHIND - abs(turn) / 100,
                ACCENT if turn == 0 else SKIN,
            )
        )


def tuft(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.9)
    for turn in (-42, 42, 0):
        scene.add(
            Part(
                leaf(x, y + r * 0.06, 90 + turn, r * (0.45 if turn else 0.62), r * 0.3, turn),
                FRONT - abs(turn) / 100,
                ACCENT,
                rim=turn == 0,
            )
        )


CROWNS: dict[str, Crown] = {
    "flames": flames,
    "fin": fin,
    "wave": wave,
    "sprout": sprout,
    "leaves": leaves,
    "spikes": spikes,
    "crystals": crystals,
    "stones": stones,
    "mound": mound,
    "nosehorn": nosehorn,
    "feelers": feelers,
    "clubs": clubs,
    "beetle": beetle,
    "warts": warts,
    "quills": quills,
    "mane": mane,
    "antlers": antlers,
    "ridge": ridge,
    "plume": plume,
    "crest": crest,
    "tuft": tuft,
}
