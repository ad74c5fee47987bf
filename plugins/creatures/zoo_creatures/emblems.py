"""Signs and patterns on head and trunk: hearts, crescents, cracks, belts.

Every function takes the scene, the figure and the dice.
"""

from __future__ import annotations

import math

from zoo_creatures.canvas import ACCENT, BASE, BELLY, GLOW, SKIN, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.figure import Figure
from zoo_creatures.ink import Mark, canvas_of, is_whole, mark, stroke
from zoo_creatures.limbs import heart as draw_heart
from zoo_creatures.limbs import polar
from zoo_creatures.mouths import cheeks as draw_cheeks
from zoo_creatures.shapes import Oval, Tube, curve, gem, pebble


def snow(scene: Scene, figure: Figure, dice: Dice) -> None:
    head, room = figure.head, figure.torso
    clip, x, y, size = (
        ("torso", room.cx, room.cy + room.ry * 0.1, min(room.rx, room.ry) * 0.5)
        if not is_whole(figure)
        else ("head", head.cx, head.cy - head.ry * 0.6, head.rx * 0.25)
    )
    for turn in (30, 90, 150):
        stroke(scene, (polar(x, y, turn, size), polar(x, y, turn + 180, size)), 0.014, ACCENT, clip)


def facets(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for x, y in ((-0.62, 0.35), (0.62, 0.35), (0.0, 0.72)):
        mark(scene, gem(room.cx + room.rx * x, room.cy + room.ry * y, room.rx * 0.17, room.ry * 0.22), ACCENT, clip)


def cracks(scene: Scene, figure: Figure, dice: Dice) -> None:
    for clip, room in dict.fromkeys((canvas_of(figure), ("head", figure.head))):
        side = dice.pick((-1, 1))
        x, y = room.at(90 - side * dice.between(30, 60), 1.0)
        points = [(x, y)]
        for i in range(3):
            x, y = x - side * room.rx * dice.between(0.02, 0.16), y + room.ry * dice.between(0.12, 0.22)
            points.append((x + (0.06 if i % 2 else -0.06) * room.rx, y))
        stroke(scene, tuple(points), 0.012, SKIN, clip, tone=0)


def plates(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for x, y, size in ((-0.55, 0.1, 0.3), (0.5, 0.0, 0.26), (0.05, 0.6, 0.3)):
        mark(
            scene,
            pebble(room.cx + room.rx * x, room.cy + room.ry * y, room.rx * size, room.ry * size, dice.between(0, 60), 6),
            ACCENT,
            clip,
        )


def rings(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    size = min(room.rx, room.ry) * 0.34
    where = (
        (room.cx, room.cy + room.ry * 0.25)
        if not is_whole(figure)
        else (figure.head.cx, figure.head.cy - figure.head.ry * 0.62)
    )
    mark(scene, Oval(*where, size, size), ACCENT, clip)
    mark(scene, Oval(*where, size * 0.55, size * 0.55), SKIN, clip, 0.5)


def moon(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    size = min(room.rx, room.ry) * 0.48
    x, y = (
        (room.cx, room.cy + room.ry * 0.15) if not is_whole(figure) else (figure.head.cx, figure.head.cy + figure.head.ry * 0.7)
    )
    path = curve(
        ((x - size, y - size * 0.5), (x - size * 0.7, y + size), (x + size * 0.7, y + size), (x + size, y - size * 0.5)), 8
    )
    mark(scene, Tube(path, (0.0, *taper_arc(size * 0.3), 0.0)), ACCENT, clip)


def taper_arc(width: float) -> tuple[float, ...]:
    """Radii of the seven inner points of a crescent."""
    return tuple(width * math.sin(math.pi * (i + 1) / 8) for i in range(7))


def blush(scene: Scene, figure: Figure, dice: Dice) -> None:
    if figure.face.gap:
        draw_cheeks(scene, figure.face)
    else:
        heart(scene, figure, dice)


def heart(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    size = min(room.rx, room.ry) * 0.34
    if is_whole(figure):
        draw_heart(
            scene, room.cx + (room.rx * 0.3 if figure.profile else 0), room.cy - room.ry * 0.55, size * 0.6, ACCENT, 0.4, clip
        )
    else:
        draw_heart(scene, room.cx, room.cy + room.ry * 0.1, size, ACCENT, 0.4, clip)


def swirl(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    size = min(room.rx, room.ry) * 0.5
    x, y = (room.cx, room.cy + room.ry * 0.15) if not is_whole(figure) else (room.cx + room.rx * 0.45, room.cy - room.ry * 0.45)
    points = tuple(polar(x, y, 55 * i, size * (0.1 + 0.9 * i / 13)) for i in range(14))
    stroke(scene, points, size * 0.1, ACCENT, clip)


def third_eye(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    x, y = (room.cx, room.cy) if not is_whole(figure) else (room.cx, room.cy - room.ry * 0.62)
    size = min(room.rx, room.ry) * (0.42 if not is_whole(figure) else 0.24)
    mark(scene, gem(x, y, size * 1.1, size * 0.7), ACCENT, clip)
    mark(scene, Oval(x, y, size * 0.36, size * 0.4), GLOW, clip, 0.5, BASE)


def belt(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    y = room.cy + room.ry * 0.5
    path = curve(
        (
            (room.cx - room.rx * 1.2, y - room.ry * 0.1),
            (room.cx, y + room.ry * 0.12),
            (room.cx + room.rx * 1.2, y - room.ry * 0.1),
        ),
        6,
    )
    mark(scene, Tube(path, (room.ry * 0.15,) * 7), ACCENT, clip)
    mark(scene, Oval(room.cx, y + room.ry * 0.02, room.rx * 0.16, room.ry * 0.17), GLOW, clip, 0.5)


def wraps(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    for i in range(3):
        y = room.cy + room.ry * (0.05 + 0.3 * i)
        tilt = room.ry * dice.between(-0.12, 0.12)
        stroke(scene, ((room.cx - room.rx * 1.1, y - tilt), (room.cx + room.rx * 1.1, y + tilt)), room.ry * 0.1, ACCENT, clip)


def scar(scene: Scene, figure: Figure, dice: Dice) -> None:
    face, side = figure.face, dice.pick((-1, 1))
    x = face.x + side * face.gap
    stroke(
        scene,
        ((x - face.eye * 0.5, face.y - face.eye * 1.9), (x + face.eye * 0.5, face.y + face.eye * 1.9)),
        0.014,
        BELLY,
        "head",
        BASE,
    )
    clip, room = canvas_of(figure)
    mark(scene, Oval(room.cx, room.cy + room.ry, room.rx * 1.1, room.ry * 0.5), ACCENT, clip)


def rivets(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = canvas_of(figure)
    y = room.cy + room.ry * 0.42
    stroke(scene, ((room.cx - room.rx * 1.1, y), (room.cx + room.rx * 1.1, y)), 0.012, SKIN, clip, tone=0)
    for x in (-0.65, -0.22, 0.22, 0.65):
        where = (room.cx + room.rx * x, y + room.ry * 0.2)
        mark(scene, Oval(*where, room.rx * 0.09, room.rx * 0.09), ACCENT, clip)


EMBLEMS: dict[str, Mark] = {
    "snow": snow,
    "facets": facets,
    "cracks": cracks,
    "plates": plates,
    "rings": rings,
    "moon": moon,
    "blush": blush,
    "heart": heart,
    "swirl": swirl,
    "eye": third_eye,
    "belt": belt,
    "wraps": wraps,
    "scar": scar,
    "rivets": rivets,
}
