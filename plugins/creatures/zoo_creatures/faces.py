"""Eyes. Faces are what makes a heap of shapes a creature, so they are drawn flat, clear and large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoo_creatures.canvas import BASE, INK, IRIS, WHITE, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.shapes import Below, Oval, Shape, Tube, curve

Z = 30.0  # faces are painted over heads and their markings


@dataclass(frozen=True)
class Face:
    """Where a face is and how large: centre, half the width of the head, radius of an eye, half the gap between the eyes."""

    x: float
    y: float
    width: float
    eye: float
    gap: float


@dataclass(frozen=True)
class Eye:
    """Where an eye of radius `r` is drawn. `side`: 1 on the right of the face, -1 on the left; `slope`: of fierce lids."""

    scene: Scene
    x: float
    y: float
    r: float
    side: int
    slope: float

    @property
    def place(self) -> tuple[float, float, float, int]:
        return self.x, self.y, self.r, self.side

    def add(self, shape: Shape, paint: int, step: int) -> None:
        self.scene.add(Part(shape, Z + step * 0.1, paint, tone=BASE, rim=step == 0, rim_paint=INK))

    def glint(self, size: float, dx: float = -0.3, dy: float = -0.38) -> None:
        x, y, r, _ = self.place
        self.add(Oval(x + dx * r, y + dy * r, size * r, size * r), WHITE, 4)


def _bead(eye: Eye) -> None:
    x, y, r, _ = eye.place
    eye.add(Oval(x, y, 0.66 * r, 0.82 * r, least=0.72), INK, 0)
    eye.glint(0.3, -0.2)


def _round(eye: Eye) -> None:
    x, y, r, side = eye.place
    eye.add(Oval(x, y, r, r, least=1.2), WHITE, 0)
    eye.add(Oval(x - side * 0.16 * r, y + 0.08 * r, 0.68 * r, 0.74 * r), IRIS, 1)
    eye.add(Oval(x - side * 0.18 * r, y + 0.06 * r, 0.42 * r, 0.5 * r, least=0.72), INK, 2)
    eye.glint(0.3, -0.3 - side * 0.1, -0.34)


def _tall(eye: Eye) -> None:
    x, y, r, _ = eye.place
    eye.add(Oval(x, y, 0.78 * r, 1.16 * r, least=0.72), INK, 0)
    eye.add(Oval(x, y + 0.48 * r, 0.5 * r, 0.52 * r), IRIS, 1)
    eye.add(Oval(x, y + 0.1 * r, 0.4 * r, 0.4 * r), INK, 2)
    eye.glint(0.36, -0.16, -0.52)


def _fierce(eye: Eye) -> None:
    x, y, r, side = eye.place
    lid, slope = y - 0.38 * r, eye.slope
    eye.add(Below(Oval(x, y, 1.08 * r, 0.95 * r), x, lid, -side * slope), WHITE, 0)
    eye.add(Below(Oval(x - side * 0.2 * r, y + 0.08 * r, 0.62 * r, 0.74 * r), x, lid, -side * slope), IRIS, 1)
    eye.add(Below(Oval(x - side * 0.22 * r, y + 0.08 * r, 0.34 * r, 0.44 * r), x, lid, -side * slope), INK, 2)
    eye.glint(0.24, -0.3 - side * 0.1, -0.06)
    inner, outer = (x - side * 1.15 * r, lid + slope * 1.15 * r), (x + side * 1.2 * r, lid - slope * 1.2 * r)
    eye.add(Tube((inner, outer), (0.22 * r, 0.16 * r), thin=True), INK, 5)


def _glow(eye: Eye) -> None:
    x, y, r, side = eye.place
    eye.add(Below(Oval(x, y, 1.08 * r, 0.9 * r), x, y - 0.2 * r, -side * eye.slope), IRIS, 0)
    eye.add(Oval(x - side * 0.2 * r, y + 0.2 * r, 0.32 * r, 0.3 * r), WHITE, 1)


def _slit(eye: Eye) -> None:
    x, y, r, side = eye.place
    eye.add(Oval(x, y, r, 0.94 * r), IRIS, 0)
    eye.add(Oval(x - side * 0.1 * r, y, 0.26 * r, 0.8 * r), INK, 1)
    eye.glint(0.28, -0.42, -0.36)


def _compound(eye: Eye) -> None:
    x, y, r, side = eye.place
    whole = Oval(x + side * 0.15 * r, y, 1.1 * r, 1.35 * r, side * 0.25)
    eye.scene.add(Part(whole, Z, IRIS, tone=BASE, rim_paint=INK))
    eye.glint(0.4, -0.3, -0.5)
    eye.add(Oval(x + 0.2 * r, y + 0.5 * r, 0.22 * r, 0.22 * r), WHITE, 4)


def _sleepy(eye: Eye) -> None:
    x, y, r, side = eye.place
    lid = y - 0.1 * r
    eye.add(Below(Oval(x, y, r, r), x, lid), WHITE, 0)
    eye.add(Below(Oval(x - side * 0.1 * r, y + 0.1 * r, 0.6 * r, 0.66 * r), x, lid), IRIS, 1)
    eye.add(Below(Oval(x - side * 0.1 * r, y + 0.1 * r, 0.34 * r, 0.42 * r), x, lid), INK, 2)
    eye.add(Tube(((x - 1.1 * r, lid), (x + 1.1 * r, lid)), (0.16 * r, 0.16 * r), thin=True), INK, 5)


def _happy(eye: Eye) -> None:
    x, y, r, _ = eye.place
    arch = curve(((x - r, y + 0.35 * r), (x, y - 1.1 * r), (x + r, y + 0.35 * r)), 6)
    eye.add(Tube(arch, (0.2 * r,) * 7, thin=True), INK, 5)


_KINDS = (_bead, _round, _tall, _fierce, _glow, _slit, _compound, _sleepy, _happy)
EYES: Mapping[str, Callable[[Eye], None]] = {draw.__name__[1:]: draw for draw in _KINDS}


def eye(scene: Scene, kind: str, x: float, y: float, r: float, side: int, slope: float) -> None:
    """One eye of one of the EYES, see `Eye`."""
    EYES[kind](Eye(scene, x, y, r, side, slope))


def eyes(scene: Scene, kind: str, face: Face, dice: Dice) -> None:
    """The pair of eyes of a face seen from the front."""
    slope = dice.between(0.25, 0.5)
    for side in (-1, 1):
        eye(scene, kind, face.x + side * face.gap, face.y, face.eye, side, slope)
