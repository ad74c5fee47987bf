"""Markings of head and trunk. They change the paint and keep the shading. Every function takes the scene, the figure and the dice."""

from __future__ import annotations

import math
from collections.abc import Callable

from zoo_bench.data.creature_canvas import ACCENT, BASE, BELLY, GLOW, SHADOW, SKIN, Part, Scene
from zoo_bench.data.creature_dice import Dice
from zoo_bench.data.creature_faces import cheeks as draw_cheeks
from zoo_bench.data.creature_figure import Figure
from zoo_bench.data.creature_limbs import heart as draw_heart
from zoo_bench.data.creature_limbs import polar
from zoo_bench.data.creature_shapes import Oval, Shape, Tube, curve, gem, leaf, pebble

Mark = Callable[[Scene, Figure, Dice], None]


def _whole(figure: Figure) -> bool:
    """Whether head and trunk are one."""
    return figure.head is figure.torso or figure.profile


def _mark(scene: Scene, shape: Shape, paint: int, clip: str = "torso", z: float = 0.4, tone: int | None = None) -> None:
    scene.add(Part(shape, z, paint, clip=clip, tone=tone))


def _stroke(
    scene: Scene,
    points: tuple[tuple[float, float], ...],
    width: float,
    paint: int,
    clip: str,
    tone: int | None = None,
    z: float = 0.5,
) -> None:
    _mark(scene, Tube(points, (width,) * len(points), thin=True), paint, clip, z, tone)


def _where(figure: Figure) -> tuple[str, Oval]:
    """The part that takes body markings, and the room on it."""
    if figure.profile:
        return "head", figure.torso
    return ("head", figure.head) if _whole(figure) else ("torso", figure.torso)


def mask(scene: Scene, figure: Figure, dice: Dice) -> None:
    """The lower half of the face in the belly's colour."""
    head, face = figure.head, figure.face
    if figure.profile:
        return
    for side in (-1, 1):
        _mark(
            scene,
            Oval(face.x + side * head.rx * 0.42, face.y + head.ry * 0.5, head.rx * 0.55, head.ry * 0.62),
            BELLY,
            "head",
            0.3,
        )


def flare(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for i in range(3):
        x = room.cx + room.rx * (-0.6 + 0.6 * i)
        _mark(
            scene,
            leaf(x, room.cy + room.ry, 90, room.ry * dice.between(0.8, 1.2), room.rx * 0.42, dice.between(-20, 20)),
            ACCENT,
            clip,
        )


def socks(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    _mark(scene, Oval(room.cx, room.cy + room.ry, room.rx * 1.1, room.ry * dice.between(0.4, 0.6)), ACCENT, clip)


def waves(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for y in (0.25, 0.65):
        points = tuple(
            (room.cx + room.rx * (-1.1 + 2.2 * i / 12), room.cy + room.ry * y + room.ry * 0.09 * math.sin(i * 1.57))
            for i in range(13)
        )
        _stroke(scene, points, room.ry * 0.055, ACCENT, clip)


def drops(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for side in (-1, 1):
        _mark(
            scene, leaf(room.cx + side * room.rx * 0.68, room.cy + room.ry * 0.3, 90, room.ry * 0.6, room.rx * 0.3), BELLY, clip
        )
    head = figure.head
    _mark(scene, Oval(head.cx, head.cy - head.ry * 0.62, head.rx * 0.12, head.ry * 0.16), BELLY, "head")


def veins(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for side in (-1, 1):
        for y in (-0.4, 0.05, 0.5):
            start, end = (
                (room.cx + side * room.rx * 1.0, room.cy + room.ry * (y - 0.2)),
                (room.cx + side * room.rx * 0.45, room.cy + room.ry * y),
            )
            _stroke(scene, (start, end), room.rx * 0.05, ACCENT, clip)


def spots(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for turn in range(5):
        reach = dice.between(0.5, 0.85)
        where = room.at(72 * turn + dice.between(-20, 20), reach)
        size = min(room.rx, room.ry) * dice.between(0.13, 0.22)
        _mark(scene, Oval(*where, size, size), ACCENT, clip)
    head = figure.head
    if not _whole(figure):
        for side in (-1, 1):
            size = head.rx * 0.14
            _mark(scene, Oval(head.cx + side * head.rx * 0.35, head.cy - head.ry * 0.62, size, size), ACCENT, "head")


def zigzag(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    y = room.cy + room.ry * dice.between(0.1, 0.4)
    points = tuple((room.cx + room.rx * (-1.1 + 2.2 * i / 8), y + room.ry * (0.15 if i % 2 else -0.15)) for i in range(9))
    _stroke(scene, points, room.ry * 0.1, ACCENT, clip)
    draw_cheeks(scene, figure.face)


def cheeks(scene: Scene, figure: Figure, dice: Dice) -> None:
    if figure.face.gap:
        draw_cheeks(scene, figure.face)
    clip, room = _where(figure)
    for y in (-0.35, 0.1):
        for side in (-1, 1):
            _mark(
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


def snow(scene: Scene, figure: Figure, dice: Dice) -> None:
    head, room = figure.head, figure.torso
    clip, x, y, size = (
        ("torso", room.cx, room.cy + room.ry * 0.1, min(room.rx, room.ry) * 0.5)
        if not _whole(figure)
        else ("head", head.cx, head.cy - head.ry * 0.6, head.rx * 0.25)
    )
    for turn in (30, 90, 150):
        _stroke(scene, (polar(x, y, turn, size), polar(x, y, turn + 180, size)), 0.014, ACCENT, clip)


def facets(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for x, y in ((-0.62, 0.35), (0.62, 0.35), (0.0, 0.72)):
        _mark(scene, gem(room.cx + room.rx * x, room.cy + room.ry * y, room.rx * 0.17, room.ry * 0.22), ACCENT, clip)


def cracks(scene: Scene, figure: Figure, dice: Dice) -> None:
    for clip, room in {_where(figure), ("head", figure.head)}:
        side = dice.pick((-1, 1))
        x, y = room.at(90 - side * dice.between(30, 60), 1.0)
        points = [(x, y)]
        for i in range(3):
            x, y = x - side * room.rx * dice.between(0.02, 0.16), y + room.ry * dice.between(0.12, 0.22)
            points.append((x + (0.06 if i % 2 else -0.06) * room.rx, y))
        _stroke(scene, tuple(points), 0.012, SKIN, clip, tone=0)


def plates(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for x, y, size in ((-0.55, 0.1, 0.3), (0.5, 0.0, 0.26), (0.05, 0.6, 0.3)):
        _mark(
            scene,
            pebble(room.cx + room.rx * x, room.cy + room.ry * y, room.rx * size, room.ry * size, dice.between(0, 60), 6),
            ACCENT,
            clip,
        )


def bands(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    count = dice.whole(2, 3)
    for i in range(count):
        y = room.cy + room.ry * (-0.5 + 1.1 * i / (count - 1))
        for side in (-1, 1):
            _mark(
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
    clip, room = _where(figure)
    size = min(room.rx, room.ry) * dice.between(0.16, 0.24)
    for x, y in ((0.55, -0.2), (0.62, 0.45), (0.25, 0.75)):
        for side in (-1, 1):
            _mark(scene, Oval(room.cx + side * room.rx * x, room.cy + room.ry * y, size, size), ACCENT, clip)


def drip(scene: Scene, figure: Figure, dice: Dice) -> None:
    head = figure.head
    top = head.cy - head.ry
    depth = head.ry * (0.3 if figure.profile else 0.42)
    _mark(scene, Oval(head.cx, top, head.rx * 1.2, depth), ACCENT, "head", 0.3)
    for i in range(4):
        x = head.cx + head.rx * (-0.75 + 0.5 * i)
        _mark(
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
    _mark(scene, Oval(face.x, face.y + face.eye * 0.4, face.width * 0.82, face.eye * 2.2), BELLY, "head", 0.3)


def rings(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    size = min(room.rx, room.ry) * 0.34
    where = (
        (room.cx, room.cy + room.ry * 0.25) if not _whole(figure) else (figure.head.cx, figure.head.cy - figure.head.ry * 0.62)
    )
    _mark(scene, Oval(*where, size, size), ACCENT, clip)
    _mark(scene, Oval(*where, size * 0.55, size * 0.55), SKIN, clip, 0.5)


def moon(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    size = min(room.rx, room.ry) * 0.48
    x, y = (
        (room.cx, room.cy + room.ry * 0.15) if not _whole(figure) else (figure.head.cx, figure.head.cy + figure.head.ry * 0.7)
    )
    path = curve(
        ((x - size, y - size * 0.5), (x - size * 0.7, y + size), (x + size * 0.7, y + size), (x + size, y - size * 0.5)), 8
    )
    _mark(scene, Tube(path, (0.0, *taper_arc(size * 0.3), 0.0)), ACCENT, clip)


def taper_arc(width: float) -> tuple[float, ...]:
    """Radii of the seven inner points of a crescent."""
    return tuple(width * math.sin(math.pi * (i + 1) / 8) for i in range(7))


def blush(scene: Scene, figure: Figure, dice: Dice) -> None:
    if figure.face.gap:
        draw_cheeks(scene, figure.face)
    else:
        heart(scene, figure, dice)


def heart(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    size = min(room.rx, room.ry) * 0.34
    if _whole(figure):
        draw_heart(
            scene, room.cx + (room.rx * 0.3 if figure.profile else 0), room.cy - room.ry * 0.55, size * 0.6, ACCENT, 0.4, clip
        )
    else:
        draw_heart(scene, room.cx, room.cy + room.ry * 0.1, size, ACCENT, 0.4, clip)


def swirl(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    size = min(room.rx, room.ry) * 0.5
    x, y = (room.cx, room.cy + room.ry * 0.15) if not _whole(figure) else (room.cx + room.rx * 0.45, room.cy - room.ry * 0.45)
    points = tuple(polar(x, y, 55 * i, size * (0.1 + 0.9 * i / 13)) for i in range(14))
    _stroke(scene, points, size * 0.1, ACCENT, clip)


def third_eye(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    x, y = (room.cx, room.cy) if not _whole(figure) else (room.cx, room.cy - room.ry * 0.62)
    size = min(room.rx, room.ry) * (0.42 if not _whole(figure) else 0.24)
    _mark(scene, gem(x, y, size * 1.1, size * 0.7), ACCENT, clip)
    _mark(scene, Oval(x, y, size * 0.36, size * 0.4), GLOW, clip, 0.5, BASE)


def belt(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    y = room.cy + room.ry * 0.5
    path = curve(
        (
            (room.cx - room.rx * 1.2, y - room.ry * 0.1),
            (room.cx, y + room.ry * 0.12),
            (room.cx + room.rx * 1.2, y - room.ry * 0.1),
        ),
        6,
    )
    _mark(scene, Tube(path, (room.ry * 0.15,) * 7), ACCENT, clip)
    _mark(scene, Oval(room.cx, y + room.ry * 0.02, room.rx * 0.16, room.ry * 0.17), GLOW, clip, 0.5)


def wraps(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for i in range(3):
        y = room.cy + room.ry * (0.05 + 0.3 * i)
        tilt = room.ry * dice.between(-0.12, 0.12)
        _stroke(scene, ((room.cx - room.rx * 1.1, y - tilt), (room.cx + room.rx * 1.1, y + tilt)), room.ry * 0.1, ACCENT, clip)


def scar(scene: Scene, figure: Figure, dice: Dice) -> None:
    face, side = figure.face, dice.pick((-1, 1))
    x = face.x + side * face.gap
    _stroke(
        scene,
        ((x - face.eye * 0.5, face.y - face.eye * 1.9), (x + face.eye * 0.5, face.y + face.eye * 1.9)),
        0.014,
        BELLY,
        "head",
        BASE,
    )
    socks(scene, figure, dice)


def rivets(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    y = room.cy + room.ry * 0.42
    _stroke(scene, ((room.cx - room.rx * 1.1, y), (room.cx + room.rx * 1.1, y)), 0.012, SKIN, clip, tone=0)
    for x in (-0.65, -0.22, 0.22, 0.65):
        where = (room.cx + room.rx * x, y + room.ry * 0.2)
        _mark(scene, Oval(*where, room.rx * 0.09, room.rx * 0.09), ACCENT, clip)


def scutes(scene: Scene, figure: Figure, dice: Dice) -> None:
    """Plates down the front, as dragons have."""
    clip, room = _where(figure)
    if _whole(figure):
        scales(scene, figure, dice)
        return
    wide = room.rx * 0.58
    for i in range(4):
        y = room.cy + room.ry * (-0.45 + 0.42 * i)
        _mark(scene, Oval(room.cx, y + room.ry * 0.1, wide, room.ry * 0.24), BELLY, clip, 0.3)
        points = curve(
            ((room.cx - wide, y + room.ry * 0.22), (room.cx, y + room.ry * 0.4), (room.cx + wide, y + room.ry * 0.22)), 4
        )
        _stroke(scene, points, 0.01, BELLY, clip, tone=SHADOW)


def scales(scene: Scene, figure: Figure, dice: Dice) -> None:
    clip, room = _where(figure)
    for y, xs in ((-0.1, (-0.7, 0.7)), (0.2, (-0.5, 0.5)), (0.5, (-0.7, 0.7))):
        for x in xs:
            cx, cy, w = room.cx + room.rx * x, room.cy + room.ry * y, room.rx * 0.14
            _stroke(scene, curve(((cx - w, cy), (cx, cy + w * 1.6), (cx + w, cy)), 4), 0.012, SKIN, clip, tone=SHADOW)
    _mark(scene, Oval(room.cx, room.cy + room.ry, room.rx * 0.6, room.ry * 0.7), BELLY, clip, 0.3)


def chest(scene: Scene, figure: Figure, dice: Dice) -> None:
    """A pale ruff under the head."""
    clip, room = _where(figure)
    if _whole(figure):
        mask(scene, figure, dice)
        return
    x, y = figure.head.cx, figure.head.cy + figure.head.ry * 0.75
    for turn in (-150, -30, -120, -60, -90):
        scene.add(Part(leaf(x, y - 0.05, turn, figure.head.rx * 0.72, figure.head.rx * 0.5), 18, BELLY, rim=turn == -90))


def patch(scene: Scene, figure: Figure, dice: Dice) -> None:
    face, side = figure.face, dice.pick((-1, 1))
    _mark(scene, Oval(face.x + side * face.gap, face.y - face.eye * 0.1, face.eye * 1.6, face.eye * 1.8), ACCENT, "head", 0.3)
    clip, room = _where(figure)
    if not _whole(figure):
        _mark(scene, Oval(room.cx + room.rx * 0.6, room.cy - room.ry * 0.2, room.rx * 0.4, room.ry * 0.45), ACCENT, clip)


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
    "snow": snow,
    "facets": facets,
    "cracks": cracks,
    "plates": plates,
    "bands": bands,
    "dots": dots,
    "drip": drip,
    "veil": veil,
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
    "scutes": scutes,
    "scales": scales,
    "chest": chest,
    "patch": patch,
}
