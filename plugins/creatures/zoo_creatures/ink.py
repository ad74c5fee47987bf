"""How markings are put on a creature: they change the paint and keep the shading."""

from __future__ import annotations

from collections.abc import Callable

from zoo_creatures.canvas import Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.figure import Figure
from zoo_creatures.shapes import Oval, Shape, Tube

Mark = Callable[[Scene, Figure, Dice], None]


def is_whole(figure: Figure) -> bool:
    """Whether head and trunk are one."""
    return figure.head is figure.torso or figure.profile


def mark(scene: Scene, shape: Shape, paint: int, clip: str = "torso", z: float = 0.4, tone: int | None = None) -> None:
    """Add a marking that stays inside the part `clip`."""
    scene.add(Part(shape, z, paint, clip=clip, tone=tone))


def stroke(
    scene: Scene,
    points: tuple[tuple[float, float], ...],
    width: float,
    paint: int,
    clip: str,
    tone: int | None = None,
    z: float = 0.5,
) -> None:
    """Add a line of half width `width`, at least a pixel wide."""
    mark(scene, Tube(points, (width,) * len(points), thin=True), paint, clip, z, tone)


def canvas_of(figure: Figure) -> tuple[str, Oval]:
    """The part that takes body markings, and the room on it."""
    if figure.profile:
        return "head", figure.torso
    return ("head", figure.head) if is_whole(figure) else ("torso", figure.torso)
