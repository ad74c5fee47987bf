"""Mouths, muzzles and cheeks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoo_creatures.canvas import ACCENT, BASE, BELLY, GLOW, INK, SHADOW, SKIN, WHITE, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.faces import Face, Z
from zoo_creatures.shapes import Below, Oval, Poly, Tube, curve, horn


@dataclass(frozen=True)
class Mouth:
    """Where a mouth about 2 * `w` wide is drawn, its upper lip at (x, y)."""

    scene: Scene
    x: float
    y: float
    w: float

    @property
    def place(self) -> tuple[float, float, float]:
        return self.x, self.y, self.w

    def stroke(self, *points: tuple[float, float]) -> None:
        self.line(Tube(curve(points, 6), (self.w * 0.09,) * 7, thin=True))

    def line(self, shape: Tube, z: float = 0.6) -> None:
        self.scene.add(Part(shape, Z + z, INK, tone=BASE, rim=False))


def _smile(mouth: Mouth) -> None:
    x, y, w = mouth.place
    mouth.stroke((x - w, y), (x, y + w * 0.9), (x + w, y))


def _cat(mouth: Mouth) -> None:
    x, y, w = mouth.place
    mouth.stroke((x - w, y), (x - w * 0.5, y + w * 0.9), (x, y))
    mouth.stroke((x, y), (x + w * 0.5, y + w * 0.9), (x + w, y))


def _flat(mouth: Mouth) -> None:
    x, y, w = mouth.place
    mouth.stroke((x - w * 0.8, y + w * 0.2), (x, y + w * 0.2), (x + w * 0.8, y + w * 0.2))


def _frown(mouth: Mouth) -> None:
    x, y, w = mouth.place
    mouth.stroke((x - w * 0.8, y + w * 0.4), (x, y - w * 0.3), (x + w * 0.8, y + w * 0.4))


def _open(mouth: Mouth) -> None:
    x, y, w = mouth.place
    mouth.scene.add(Part(Below(Oval(x, y, w * 0.85, w * 0.95), x, y), Z + 0.5, INK, tone=BASE, rim_paint=INK))
    tongue = Below(Oval(x, y + w * 0.62, w * 0.5, w * 0.38), x, y)
    mouth.scene.add(Part(tongue, Z + 0.6, ACCENT, tone=BASE, rim=False))


def _fangs(mouth: Mouth) -> None:
    x, y, w = mouth.place
    mouth.stroke((x - w * 1.1, y), (x, y + w * 0.5), (x + w * 1.1, y))
    for side in (-1, 1):
        fang = horn(x + side * w * 0.62, y + w * 0.12, -90, w * 0.75, w * 0.5)
        mouth.scene.add(Part(fang, Z + 0.7, WHITE, tone=BASE, rim_paint=INK))


def _grin(mouth: Mouth) -> None:
    x, y, w = mouth.place
    top, foot = y - w * 0.2, y + w * 0.6
    outline = ((x - w * 1.2, top), (x + w * 1.2, top), (x + w * 0.7, foot), (x - w * 0.7, foot))
    mouth.scene.add(Part(Poly(outline), Z + 0.5, WHITE, tone=BASE, rim_paint=INK))
    for i in (-1, 0, 1):
        mouth.line(Tube(((x + i * w * 0.45, top), (x + i * w * 0.4, foot)), (w * 0.05,) * 2, thin=True))


def _beak(mouth: Mouth) -> None:
    x, y, w = mouth.place
    outline = ((x - w * 0.75, y - w * 0.2), (x, y - w * 0.62), (x + w * 0.75, y - w * 0.2), (x, y + w * 0.95))
    mouth.scene.add(Part(Poly(outline, w * 0.5), Z + 0.6, GLOW, rim_paint=INK))
    gap = ((x - w * 0.6, y - w * 0.1), (x, y + w * 0.12), (x + w * 0.6, y - w * 0.1))
    mouth.line(Tube(gap, (w * 0.06,) * 3, thin=True), 0.7)


def _mandibles(mouth: Mouth) -> None:
    x, y, w = mouth.place
    for side in (-1, 1):
        jaw = horn(x + side * w * 0.7, y - w * 0.1, -90 + side * 15, w * 1.3, w * 0.55, -side * 70)
        mouth.scene.add(Part(jaw, Z + 0.5, ACCENT, rim_paint=INK))


def _stitch(mouth: Mouth) -> None:
    x, y, w = mouth.place
    zigzag = [(x + (i - 2) * w * 0.48, y + (w * 0.35 if i % 2 else -w * 0.05)) for i in range(5)]
    mouth.line(Tube(((x - w * 1.2, y), *zigzag, (x + w * 1.2, y)), (w * 0.08,) * 7, thin=True))


_KINDS = (_smile, _cat, _flat, _frown, _open, _fangs, _grin, _beak, _mandibles, _stitch)
MOUTHS: Mapping[str, Callable[[Mouth], None]] = {draw.__name__[1:]: draw for draw in _KINDS}


def mouth(scene: Scene, kind: str, x: float, y: float, w: float) -> None:
    """A mouth of one of the MOUTHS, see `Mouth`."""
    MOUTHS[kind](Mouth(scene, x, y, w))


def muzzle(scene: Scene, x: float, y: float, w: float, dice: Dice) -> None:
    """A snout with a nose, (x, y) in its middle; the mouth goes below the nose."""
    scene.add(Part(Oval(x, y, w, w * dice.between(0.62, 0.8)), Z - 2, BELLY, rim_paint=SKIN))
    scene.add(Part(Oval(x, y - w * 0.4, w * 0.3, w * 0.2), Z + 0.8, INK, tone=BASE, rim=False))


def cheeks(scene: Scene, face: Face, paint: int = ACCENT) -> None:
    """Two round spots beside the mouth."""
    for side in (-1, 1):
        spot = Oval(face.x + side * (face.gap + face.eye * 0.95), face.y + face.eye * 1.55, face.eye * 0.62, face.eye * 0.46)
        scene.add(Part(spot, 0.6, paint, clip="head", tone=SHADOW + 1))
