"""What creatures wear or carry on their heads, or have floating there.

Every function takes the scene, the figure and the dice.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from zoo_creatures.canvas import ACCENT, BASE, BELLY, GLOW, INK, SKIN, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.figure import Figure, crown_size
from zoo_creatures.limbs import heart, polar
from zoo_creatures.shapes import Oval, Poly, Tube, bolt, curve, gem, horn, leaf, star, taper

BEHIND, FRONT = 19.0, 40.0
Crown = Callable[[Scene, Figure, Dice], None]


def flower(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 1.02)
    petals, size = dice.whole(5, 6), r * dice.between(0.32, 0.44)
    for i in range(petals):
        where = polar(x, y, 90 + 360 * i / petals, size * 0.85)
        scene.add(Part(Oval(*where, size * 0.58, size * 0.58), FRONT, GLOW, tone=BASE))
    scene.add(Part(Oval(x, y, size * 0.5, size * 0.5), FRONT + 0.2, BELLY))
    for way in (20, 160):
        scene.add(Part(leaf(x, y, way, size * 2.1, size * 0.9), FRONT - 0.2, ACCENT))


def bolts(scene: Scene, figure: Figure, dice: Dice) -> None:
    r = crown_size(figure)
    for side in (-1, 1):
        x, y = figure.head.at(90 - side * 22, 0.92)
        scene.add(Part(Tube(((x, y), (x + side * r * 0.25, y - r * 0.55)), (0.02, 0.02), thin=True), BEHIND, INK))
        scene.add(Part(bolt(x + side * r * 0.1, y - r * 0.4, 90 - side * 30, r * 0.85, r * 0.6), BEHIND + 0.2, GLOW))


def bubbles(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 1.0)
    for dx, dy, size in ((-0.32, -0.28, 0.22), (0.3, -0.42, 0.28), (-0.05, -0.85, 0.17)):
        where = (x + r * (dx + dice.between(-0.1, 0.1)), y + r * dy)
        scene.add(Part(Oval(*where, r * size, r * size), FRONT, ACCENT))


def wisps(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, head = crown_size(figure), figure.head
    x, y = head.at(90, 0.8)
    bend = dice.between(40, 75) * dice.pick((-1, 1))
    scene.add(Part(leaf(x, y + r * 0.1, 90, r * dice.between(1.0, 1.3), r * 0.62, bend), BEHIND, SKIN))
    for side in (-1, 1):
        wx, wy = head.cx + side * head.rx * 1.45, head.cy - head.ry * dice.between(0.2, 0.25)
        scene.add(Part(Oval(wx, wy, r * 0.19, r * 0.19), FRONT, ACCENT))
        scene.add(Part(leaf(wx, wy, 90, r * 0.62, r * 0.36, bend), FRONT - 0.1, ACCENT, rim=False))


def hood(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.5)
    side = dice.pick((-1, 1))
    path = curve(((x, y), (x, y - r * 1.2), (x + side * r * 0.5, y - r * 1.5), (x + side * r * 0.95, y - r * 0.95)), 8)
    scene.add(Part(Tube(path, taper(r * 0.55, r * 0.05, 8)), BEHIND, SKIN))
    scene.add(Part(Oval(path[-1][0], path[-1][1] + r * 0.08, r * 0.17, r * 0.17), BEHIND + 0.2, ACCENT))


def crescent(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.9)
    for side in (-1, 1):
        path = curve(((x, y), (x + side * r * 0.95, y - r * 0.1), (x + side * r * 0.6, y - r * 0.95)), 7)
        scene.add(Part(Tube(path, taper(r * 0.2, 0.0, 7)), FRONT, ACCENT, rim=side == -1))


def bow(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90 + dice.pick((0.0, 0.0, 32.0)), 0.95)
    size = r * dice.between(0.5, 0.65)
    for side in (-1, 1):
        outline = ((x, y), (x + side * size * 1.15, y - size * 0.75), (x + side * size * 1.25, y + size * 0.65))
        scene.add(Part(Poly(outline, size * 0.4), FRONT, ACCENT))
    scene.add(Part(Oval(x, y, size * 0.3, size * 0.34), FRONT + 0.2, ACCENT))


def star_crown(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.95)
    top = y - r * dice.between(0.55, 0.8)
    scene.add(Part(Tube(((x, y), (x, top)), (r * 0.07, r * 0.06), thin=True), BEHIND, ACCENT))
    scene.add(Part(star(x, top, r * 0.42), FRONT, GLOW, rim_paint=INK))


def hearts(scene: Scene, figure: Figure, dice: Dice) -> None:
    r = crown_size(figure)
    for side in (-1, 1):
        x, y = figure.head.at(90 - side * 26, 0.9)
        tip = (x + side * r * 0.4, y - r * 0.75)
        scene.add(Part(Tube(curve(((x, y), (x, y - r * 0.7), tip), 5), taper(r * 0.07, r * 0.06, 5)), BEHIND, SKIN))
        heart(scene, *tip, r * 0.28, ACCENT, BEHIND + 0.2)


def jewel(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, face = crown_size(figure), figure.face
    y = face.y - max(face.eye * 1.5, r * 0.5)
    scene.add(Part(gem(face.x, y, r * 0.22, r * 0.3), FRONT, GLOW, rim_paint=INK))
    for side in (-1, 1):
        x0, y0 = figure.head.at(90 - side * 40, 0.85)
        scene.add(Part(leaf(x0, y0, 90 - side * 25, r * dice.between(0.7, 0.75), r * 0.34, -side * 40), BEHIND, ACCENT))


def halo(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, head = crown_size(figure), figure.head
    y = head.cy - head.ry - r * dice.between(0.2, 0.35)
    path = tuple(
        (head.cx + math.cos(2 * math.pi * i / 16) * r * 0.7, y + math.sin(2 * math.pi * i / 16) * r * 0.22) for i in range(17)
    )
    scene.add(Part(Tube(path, (r * 0.09,) * 17), FRONT, ACCENT))


def headband(scene: Scene, figure: Figure, dice: Dice) -> None:
    head, face = figure.head, figure.face
    y = face.y - max(face.eye * 1.35, head.ry * 0.35)
    high = head.ry * 0.13
    band = Tube(
        curve(((head.cx - head.rx * 1.1, y - high), (head.cx, y + high), (head.cx + head.rx * 1.1, y - high)), 6), (high,) * 7
    )
    scene.add(Part(band, 0.7, ACCENT, clip="head"))
    side = dice.pick((-1, 1))
    knot = (head.cx + side * head.rx * 0.97, y - high * 0.5)
    for turn in (-12, -48):
        way = turn if side > 0 else 180 - turn
        scene.add(Part(leaf(*knot, way, head.rx * 0.72, head.rx * 0.24, side * 20), BEHIND, ACCENT))


def topknot(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.9)
    scene.add(
        Part(
            Oval(figure.head.cx, figure.head.cy - figure.head.ry, figure.head.rx * 0.8, figure.head.ry * 0.42),
            0.5,
            ACCENT,
            clip="head",
        )
    )
    scene.add(
        Part(
            leaf(x, y - r * 0.2, 90, r * dice.between(0.7, 1.0), r * 0.45, dice.between(50, 90) * dice.pick((-1, 1))),
            BEHIND + 0.2,
            ACCENT,
        )
    )
    scene.add(Part(Oval(x, y - r * 0.12, r * 0.2, r * 0.15), BEHIND + 0.4, GLOW))


def blade(scene: Scene, figure: Figure, dice: Dice) -> None:
    r, (x, y) = crown_size(figure), figure.head.at(90, 0.6)
    high = r * dice.between(0.9, 1.25)
    scene.add(
        Part(
            Poly(
                (
                    (x - r * 0.2, y),
                    (x - r * 0.16, y - high * 0.75),
                    (x, y - high),
                    (x + r * 0.16, y - high * 0.75),
                    (x + r * 0.2, y),
                ),
                r * 0.2,
            ),
            FRONT,
            ACCENT,
        )
    )


def helmet(scene: Scene, figure: Figure, dice: Dice) -> None:
    head, face = figure.head, figure.face
    cut = face.y - face.eye * 0.9
    cap = Tube(((head.cx - head.rx * 2, cut - head.ry), (head.cx + head.rx * 2, cut - head.ry)), (head.ry, head.ry))
    scene.add(Part(cap, 0.6, ACCENT, clip="head"))
    scene.add(
        Part(
            Tube(((head.cx - head.rx * 1.1, cut), (head.cx + head.rx * 1.1, cut)), (0.01, 0.01), thin=True),
            0.7,
            ACCENT,
            clip="head",
            tone=0,
        )
    )
    x, y = head.at(90, 0.95)
    scene.add(Part(horn(x, y + 0.04, 90, head.rx * dice.between(0.35, 0.8), head.rx * 0.34), BEHIND, ACCENT))


ORNAMENTS: dict[str, Crown] = {
    "flower": flower,
    "bolts": bolts,
    "bubbles": bubbles,
    "wisps": wisps,
    "hood": hood,
    "crescent": crescent,
    "bow": bow,
    "star": star_crown,
    "hearts": hearts,
    "jewel": jewel,
    "halo": halo,
    "headband": headband,
    "topknot": topknot,
    "blade": blade,
    "helmet": helmet,
}
