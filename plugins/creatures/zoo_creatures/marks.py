"""Markings that skin, fur and scales have.

Every function takes the scene, the figure and the dice.
"""

from __future__ import annotations

import math

from zoo_creatures.canvas import ACCENT, BELLY, SHADOW, SKIN, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.figure import Figure
from zoo_creatures.ink import Mark, canvas_of, is_whole, mark, stroke
from zoo_creatures.mouths import cheeks as draw_cheeks
from zoo_creatures.shapes import Oval, Tube, curve, leaf


def mask(scene: Scene, figure: Figure, dice: Dice) -> None:
    """The lower half of the face in the belly's colour."""
    head, face = figure.head, figure.face
    if figure.profile:
        return
    for side in (-1, 1):
        mark(
            scene,
            Oval(face.x + side * head.rx * 0.42, face.y + head.ry * 0.5, head.rx * 0.55, head.ry * 0.62),
            BELLY,
            "head",
            0.3,
        )


def flare(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for i in range(3):
        x = room.cx + room.rx * (-0.6 + 0.6 * i)
        mark(
            scene,
            leaf(x, room.cy + room.ry, 90, room.ry * dice.between(0.8, 1.2), room.rx * 0.42, dice.between(-20, 20)),
            ACCENT,
            clip,
        )


def socks(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    mark(scene, Oval(room.cx, room.cy + room.ry, room.rx * 1.1, room.ry * dice.between(0.4, 0.6)), ACCENT, clip)


def waves(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for y in (0.25, 0.65):
        points = tuple(
            (room.cx + room.rx * (-1.1 + 2.2 * i / 12), room.cy + room.ry * y + room.ry * 0.09 * math.sin(i * 1.57))
            for i in range(13)
        )
        stroke(scene, points, room.ry * 0.055, ACCENT, clip)


def drops(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for side in (-1, 1):
        mark(
            scene, leaf(room.cx + side * room.rx * 0.68, room.cy + room.ry * 0.3, 90, room.ry * 0.6, room.rx * 0.3), BELLY, clip
        )
    head = figure.head
    mark(scene, Oval(head.cx, head.cy - head.ry * 0.62, head.rx * 0.12, head.ry * 0.16), BELLY, "head")


def veins(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for side in (-1, 1):
        for y in (-0.4, 0.05, 0.5):
            start, end = (
                (room.cx + side * room.rx * 1.0, room.cy + room.ry * (y - 0.2)),
                (room.cx + side * room.rx * 0.45, room.cy + room.ry * y),
            )
            stroke(scene, (start, end), room.rx * 0.05, ACCENT, clip)


def spots(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for turn in range(5):
        reach = dice.between(0.5, 0.85)
        where = room.at(72 * turn + dice.between(-20, 20), reach)
        size = min(room.rx, room.ry) * dice.between(0.13, 0.22)
        mark(scene, Oval(*where, size, size), ACCENT, clip)
    head = figure.head
    if not is_whole(figure):
        for side in (-1, 1):
            size = head.rx * 0.14
            mark(scene, Oval(head.cx + side * head.rx * 0.35, head.cy - head.ry * 0.62, size, size), ACCENT, "head")


def zigzag(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    y = room.cy + room.ry * dice.between(0.1, 0.4)
    points = tuple((room.cx + room.rx * (-1.1 + 2.2 * i / 8), y + room.ry * (0.15 if i % 2 else -0.15)) for i in range(9))
    stroke(scene, points, room.ry * 0.1, ACCENT, clip)
    draw_cheeks(scene, figure.face)


def cheeks(scene: Scene, figure: Figure, dice: Dice) -> None:
    if figure.face.gap:
        draw_cheeks(scene, figure.face)
    clip, room = canvas_of(figure)
    for y in (-0.35, 0.1):
        for side in (-1, 1):
            mark(
                scene,
                leaf(
                    room.cx + side * room.rx * 1.05,
                    room.cy + room.ry * y,
                    180 if side > 0 else 0,
                    room.rx * 0.6,
                    room.ry * 0.24,
                ),
                ACCENT,
                clip,
            )


def bands(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    count = dice.whole(2, 3)
    for i in range(count):
        y = room.cy + room.ry * (-0.5 + 1.1 * i / (count - 1))
        for side in (-1, 1):
            mark(
                scene,
                leaf(
                    room.cx + side * room.rx * 1.15,
                    y,
                    180 if side > 0 else 0,
                    room.rx * dice.between(0.78, 0.82),
                    room.ry * 0.3,
                ),
                ACCENT,
                clip,
            )


def dots(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    size = min(room.rx, room.ry) * dice.between(0.16, 0.24)
    for x, y in ((0.55, -0.2), (0.62, 0.45), (0.25, 0.75)):
        for side in (-1, 1):
            mark(scene, Oval(room.cx + side * room.rx * x, room.cy + room.ry * y, size, size), ACCENT, clip)


def drip(scene: Scene, figure: Figure, dice: Dice) -> None:
    head = figure.head
    top = head.cy - head.ry
    depth = head.ry * (0.3 if figure.profile else 0.42)
    mark(scene, Oval(head.cx, top, head.rx * 1.2, depth), ACCENT, "head", 0.3)
    for i in range(4):
        x = head.cx + head.rx * (-0.75 + 0.5 * i)
        mark(
            scene,
            Tube(((x, top), (x, top + depth * dice.between(1.0, 1.7))), (head.rx * 0.11, head.rx * 0.12)),
            ACCENT,
            "head",
            0.3,
        )


def veil(scene: Scene, figure: Figure, dice: Dice) -> None:
    """A pale mask around the eyes."""
    face = figure.face
    if figure.profile:
        return
    mark(scene, Oval(face.x, face.y + face.eye * 0.4, face.width * 0.82, face.eye * 2.2), BELLY, "head", 0.3)


def scutes(scene: Scene, figure: Figure, dice: Dice) -> None:
    """Plates down the front, as dragons have."""
    clip, room = canvas_of(figure)
    if is_whole(figure):
        scales(scene, figure, dice)
        return
    wide = room.rx * 0.58
    for i in range(4):
        y = room.cy + room.ry * (-0.45 + 0.42 * i)
        mark(scene, Oval(room.cx, y + room.ry * 0.1, wide, room.ry * 0.24), BELLY, clip, 0.3)
        points = curve(
            ((room.cx - wide, y + room.ry * 0.22), (room.cx, y + room.ry * 0.4), (room.cx + wide, y + room.ry * 0.22)), 4
        )
        stroke(scene, points, 0.01, BELLY, clip, tone=SHADOW)


def scales(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for y, xs in ((-0.1, (-0.7, 0.7)), (0.2, (-0.5, 0.5)), (0.5, (-0.7, 0.7))):
        for x in xs:
            cx, cy, w = room.cx + room.rx * x, room.cy + room.ry * y, room.rx * 0.14
            stroke(scene, curve(((cx - w, cy), (cx, cy + w * 1.6), (cx + w, cy)), 4), 0.012, SKIN, clip, tone=SHADOW)
    mark(scene, Oval(room.cx, room.cy + room.ry, room.rx * 0.6, room.ry * 0.7), BELLY, clip, 0.3)


def chest(scene: Scene, figure: Figure, dice: Dice) -> None:
    """A pale ruff under the head."""
    if is_whole(figure):
        mask(scene, figure, dice)
        return
    x, y = figure.head.cx, figure.head.cy + figure.head.ry * 0.75
    for turn in (-150, -30, -120, -60, -90):
        scene.add(Part(leaf(x, y - 0.05, turn, figure.head.rx * 0.72, figure.head.rx * 0.5), 18, BELLY, rim=turn == -90))


def patch(scene: Scene, figure: Figure, dice: Dice) -> None:
    face, side = figure.face, dice.pick((-1, 1))
    mark(scene, Oval(face.x + side * face.gap, face.y - face.eye * 0.1, face.eye * 1.6, face.eye * 1.8), ACCENT, "head", 0.3)
    clip, room = canvas_of(figure)
    if not is_whole(figure):
        mark(scene, Oval(room.cx + room.rx * 0.6, room.cy - room.ry * 0.2, room.rx * 0.4, room.ry * 0.45), ACCENT, clip)


MARKS: dict[str, Mark] = {
    "mask": mask,
    "flare": flare,
    "socks": socks,
    "waves": waves,
    "drops": drops,
    "veins": veins,
    "spots": spots,
    "zigzag": zigzag,
    "cheeks": cheeks,
    "bands": bands,
    "dots": dots,
    "drip": drip,
    "veil": veil,
    "scutes": scutes,
    "scales": scales,
    "chest": chest,
    "patch": patch,
}
