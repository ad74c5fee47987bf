"""Eyes and mouths. Faces are what makes a heap of shapes a creature, so they are drawn flat, clear and large."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_creatures.canvas import ACCENT, BASE, BELLY, GLOW, INK, IRIS, SHADOW, SKIN, WHITE, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.shapes import Below, Oval, Poly, Shape, Tube, curve, horn

Z = 30.0  # faces are painted over heads and their markings


@dataclass(frozen=True)
class Face:
    """Where a face is and how large: centre, half the width of the head, radius of an eye, half the gap between the eyes."""

    x: float
    y: float
    width: float
    eye: float
    gap: float


def eye(scene: Scene, kind: str, x: float, y: float, r: float, side: int, dice_tilt: float) -> None:
    """One eye. `side` is 1 on the right of the face and -1 on the left; `dice_tilt` is how far fierce lids slope."""
    whole: Shape

    def add(shape: Shape, paint: int, step: int) -> None:
        scene.add(Part(shape, Z + step * 0.1, paint, tone=BASE, rim=step == 0, rim_paint=INK))

    def glint(size: float, dx: float = -0.3, dy: float = -0.38) -> None:
        add(Oval(x + dx * r, y + dy * r, size * r, size * r), WHITE, 4)

    if kind == "bead":
        add(Oval(x, y, 0.66 * r, 0.82 * r, least=0.72), INK, 0)
        glint(0.3, -0.2)
    elif kind == "round":
        add(Oval(x, y, r, r, least=1.2), WHITE, 0)
        add(Oval(x - side * 0.16 * r, y + 0.08 * r, 0.68 * r, 0.74 * r), IRIS, 1)
        add(Oval(x - side * 0.18 * r, y + 0.06 * r, 0.42 * r, 0.5 * r, least=0.72), INK, 2)
        glint(0.3, -0.3 - side * 0.1, -0.34)
    elif kind == "tall":
        add(Oval(x, y, 0.78 * r, 1.16 * r, least=0.72), INK, 0)
        add(Oval(x, y + 0.48 * r, 0.5 * r, 0.52 * r), IRIS, 1)
        add(Oval(x, y + 0.1 * r, 0.4 * r, 0.4 * r), INK, 2)
        glint(0.36, -0.16, -0.52)
    elif kind == "fierce":
        whole = Below(Oval(x, y, 1.08 * r, 0.95 * r), x, y - 0.38 * r, -side * dice_tilt)
        add(whole, WHITE, 0)
        add(Below(Oval(x - side * 0.2 * r, y + 0.08 * r, 0.62 * r, 0.74 * r), x, y - 0.38 * r, -side * dice_tilt), IRIS, 1)
        add(Below(Oval(x - side * 0.22 * r, y + 0.08 * r, 0.34 * r, 0.44 * r), x, y - 0.38 * r, -side * dice_tilt), INK, 2)
        glint(0.24, -0.3 - side * 0.1, -0.06)
        brow = Tube(
            (
                (x - side * 1.15 * r, y - 0.38 * r + dice_tilt * 1.15 * r),
                (x + side * 1.2 * r, y - 0.38 * r - dice_tilt * 1.2 * r),
            ),
            (0.22 * r, 0.16 * r),
            thin=True,
        )
        add(brow, INK, 5)
    elif kind == "glow":
        add(Below(Oval(x, y, 1.08 * r, 0.9 * r), x, y - 0.2 * r, -side * dice_tilt), IRIS, 0)
        add(Oval(x - side * 0.2 * r, y + 0.2 * r, 0.32 * r, 0.3 * r), WHITE, 1)
    elif kind == "slit":
        add(Oval(x, y, r, 0.94 * r), IRIS, 0)
        add(Oval(x - side * 0.1 * r, y, 0.26 * r, 0.8 * r), INK, 1)
        glint(0.28, -0.42, -0.36)
    elif kind == "compound":
        scene.add(Part(Oval(x + side * 0.15 * r, y, 1.1 * r, 1.35 * r, side * 0.25), Z, IRIS, tone=BASE, rim_paint=INK))
        glint(0.4, -0.3, -0.5)
        add(Oval(x + 0.2 * r, y + 0.5 * r, 0.22 * r, 0.22 * r), WHITE, 4)
    elif kind == "sleepy":
        add(Below(Oval(x, y, r, r), x, y - 0.1 * r), WHITE, 0)
        add(Below(Oval(x - side * 0.1 * r, y + 0.1 * r, 0.6 * r, 0.66 * r), x, y - 0.1 * r), IRIS, 1)
        add(Below(Oval(x - side * 0.1 * r, y + 0.1 * r, 0.34 * r, 0.42 * r), x, y - 0.1 * r), INK, 2)
        add(Tube(((x - 1.1 * r, y - 0.1 * r), (x + 1.1 * r, y - 0.1 * r)), (0.16 * r, 0.16 * r), thin=True), INK, 5)
    else:  # happy
        add(Tube(curve(((x - r, y + 0.35 * r), (x, y - 1.1 * r), (x + r, y + 0.35 * r)), 6), (0.2 * r,) * 7, thin=True), INK, 5)


def eyes(scene: Scene, kind: str, face: Face, dice: Dice) -> None:
    """The pair of eyes of a face seen from the front."""
    tilt = dice.between(0.25, 0.5)
    for side in (-1, 1):
        eye(scene, kind, face.x + side * face.gap, face.y, face.eye, side, tilt)


def mouth(scene: Scene, kind: str, x: float, y: float, w: float) -> None:
    """A mouth about 2 * `w` wide, its upper lip at (x, y)."""

    def stroke(*points: tuple[float, float]) -> None:
        scene.add(Part(Tube(curve(points, 6), (w * 0.09,) * 7, thin=True), Z + 0.6, INK, tone=BASE, rim=False))

    if kind == "smile":
        stroke((x - w, y), (x, y + w * 0.9), (x + w, y))
    elif kind == "cat":
        stroke((x - w, y), (x - w * 0.5, y + w * 0.9), (x, y))
        stroke((x, y), (x + w * 0.5, y + w * 0.9), (x + w, y))
    elif kind == "flat":
        stroke((x - w * 0.8, y + w * 0.2), (x, y + w * 0.2), (x + w * 0.8, y + w * 0.2))
    elif kind == "frown":
        stroke((x - w * 0.8, y + w * 0.4), (x, y - w * 0.3), (x + w * 0.8, y + w * 0.4))
    elif kind == "open":
        scene.add(Part(Below(Oval(x, y, w * 0.85, w * 0.95), x, y), Z + 0.5, INK, tone=BASE, rim_paint=INK))
        scene.add(Part(Below(Oval(x, y + w * 0.62, w * 0.5, w * 0.38), x, y), Z + 0.6, ACCENT, tone=BASE, rim=False))
    elif kind == "fangs":
        stroke((x - w * 1.1, y), (x, y + w * 0.5), (x + w * 1.1, y))
        for side in (-1, 1):
            scene.add(
                Part(horn(x + side * w * 0.62, y + w * 0.12, -90, w * 0.75, w * 0.5), Z + 0.7, WHITE, tone=BASE, rim_paint=INK)
            )
    elif kind == "grin":
        outline = (
            (x - w * 1.2, y - w * 0.2),
            (x + w * 1.2, y - w * 0.2),
            (x + w * 0.7, y + w * 0.6),
            (x - w * 0.7, y + w * 0.6),
        )
        scene.add(Part(Poly(outline), Z + 0.5, WHITE, tone=BASE, rim_paint=INK))
        for i in (-1, 0, 1):
            line = Tube(((x + i * w * 0.45, y - w * 0.2), (x + i * w * 0.4, y + w * 0.6)), (w * 0.05,) * 2, thin=True)
            scene.add(Part(line, Z + 0.6, INK, tone=BASE, rim=False))
    elif kind == "beak":
        scene.add(
            Part(
                Poly(((x - w * 0.75, y - w * 0.2), (x, y - w * 0.62), (x + w * 0.75, y - w * 0.2), (x, y + w * 0.95)), w * 0.5),
                Z + 0.6,
                GLOW,
                rim_paint=INK,
            )
        )
        scene.add(
            Part(
                Tube(((x - w * 0.6, y - w * 0.1), (x, y + w * 0.12), (x + w * 0.6, y - w * 0.1)), (w * 0.06,) * 3, thin=True),
                Z + 0.7,
                INK,
                tone=BASE,
                rim=False,
            )
        )
    elif kind == "mandibles":
        for side in (-1, 1):
            scene.add(
                Part(
                    horn(x + side * w * 0.7, y - w * 0.1, -90 + side * 15, w * 1.3, w * 0.55, -side * 70),
                    Z + 0.5,
                    ACCENT,
                    rim_paint=INK,
                )
            )
    elif kind == "stitch":
        zig = (
            [(x - w * 1.2, y)]
            + [(x + (i - 2) * w * 0.48, y + (w * 0.35 if i % 2 else -w * 0.05)) for i in range(5)]
            + [(x + w * 1.2, y)]
        )
        scene.add(Part(Tube(tuple(zig), (w * 0.08,) * len(zig), thin=True), Z + 0.6, INK, tone=BASE, rim=False))


def muzzle(scene: Scene, x: float, y: float, w: float, dice: Dice) -> None:
    """A snout with a nose, (x, y) in its middle; the mouth goes below the nose."""
    scene.add(Part(Oval(x, y, w, w * dice.between(0.62, 0.8)), Z - 2, BELLY, rim_paint=SKIN))
    scene.add(Part(Oval(x, y - w * 0.4, w * 0.3, w * 0.2), Z + 0.8, INK, tone=BASE, rim=False))


def cheeks(scene: Scene, face: Face, paint: int = ACCENT) -> None:
    """Two round spots beside the mouth."""
    for side in (-1, 1):
        spot = Oval(face.x + side * (face.gap + face.eye * 0.95), face.y + face.eye * 1.55, face.eye * 0.62, face.eye * 0.46)
        scene.add(Part(spot, 0.6, paint, clip="head", tone=SHADOW + 1))
