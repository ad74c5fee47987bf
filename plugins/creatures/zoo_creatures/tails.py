"""What tails end in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoo_creatures.canvas import ACCENT, BELLY, GLOW, SKIN, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.limbs import flame, heart, polar
from zoo_creatures.shapes import Oval, Point, Poly, Shape, Tube, bolt, curve, leaf, pebble, shard, star, taper


@dataclass(frozen=True)
class Tip:
    """The end of a tail at (x, y) that points in a direction (90 is up)."""

    scene: Scene
    x: float
    y: float
    degrees: float
    size: float
    z: float

    def along(self, reach: float) -> Point:
        """The point `reach` sizes further in the direction of the tail."""
        return polar(self.x, self.y, self.degrees, self.size * reach)

    def add(self, shape: Shape, paint: int = ACCENT, rim: bool = True) -> None:
        self.scene.add(Part(shape, self.z, paint, rim=rim))


def _flame(tip: Tip, dice: Dice) -> None:
    flame(tip.scene, tip.x, tip.y, 90 + (tip.degrees - 90) * 0.3, tip.size * 1.5, dice, tip.z)


def _leaf(tip: Tip, dice: Dice) -> None:
    for turn in (-38, 38, 0):
        tip.add(leaf(tip.x, tip.y, tip.degrees + turn, tip.size * (1.0 if turn else 1.25), tip.size * 0.55, turn * 0.4))


def _bolt(tip: Tip, dice: Dice) -> None:
    tip.add(bolt(*tip.along(-0.3), tip.degrees, tip.size * 1.9, tip.size * 1.2), SKIN if dice.chance(0.5) else ACCENT)


def _shard(tip: Tip, dice: Dice) -> None:
    for turn in (-40, 40, 0):
        tip.add(shard(tip.x, tip.y, tip.degrees + turn, tip.size * (0.8 if turn else 1.2), tip.size * 0.48))


def _pebble(tip: Tip, dice: Dice) -> None:
    tip.add(pebble(*tip.along(0.3), tip.size * 0.62, tip.size * 0.55, dice.between(0, 60), 6))


def _fluke(tip: Tip, dice: Dice) -> None:
    for turn in (-48, 48):
        tip.add(leaf(*tip.along(-0.15), tip.degrees + turn, tip.size * 1.15, tip.size * 0.6, -turn * 0.9))


def _barb(tip: Tip, dice: Dice) -> None:
    x, y = tip.along(-0.1)
    left, right = (polar(x, y, tip.degrees + turn, tip.size * 0.55) for turn in (115, -115))
    tip.add(Poly((polar(x, y, tip.degrees, tip.size), left, (x, y), right), tip.size * 0.3))


def _star(tip: Tip, dice: Dice) -> None:
    tip.add(star(*tip.along(0.3), tip.size * 0.75), GLOW)


def _heart(tip: Tip, dice: Dice) -> None:
    heart(tip.scene, *tip.along(0.25), tip.size * 0.75, ACCENT, tip.z)


def _ball(tip: Tip, dice: Dice) -> None:
    tip.add(Oval(*tip.along(0.3), tip.size * 0.48, tip.size * 0.48))


def _fan(tip: Tip, dice: Dice) -> None:
    for turn in (-44, 44, -22, 22, 0):
        tip.add(leaf(tip.x, tip.y, tip.degrees + turn, tip.size * 1.2, tip.size * 0.5), ACCENT if turn % 44 else SKIN)


def _fluff(tip: Tip, dice: Dice) -> None:
    tip.add(leaf(*tip.along(-0.5), tip.degrees, tip.size * 2.0, tip.size * 1.1, dice.between(-30, 30)), BELLY)


def _blade(tip: Tip, dice: Dice) -> None:
    tip.add(leaf(*tip.along(-0.2), tip.degrees, tip.size * 1.7, tip.size * 0.62, 24))


def _wisp(tip: Tip, dice: Dice) -> None:
    end = polar(tip.x, tip.y, tip.degrees + 60, tip.size * 1.5)
    tip.add(Tube(curve(((tip.x, tip.y), tip.along(1), end), 6), taper(tip.size * 0.3, 0, 6)))


def _tuft(tip: Tip, dice: Dice) -> None:
    for turn in (-30, 30, 0):
        tip.add(leaf(tip.x, tip.y, tip.degrees + turn, tip.size, tip.size * 0.45, turn), rim=False)


_KINDS = (_flame, _leaf, _bolt, _shard, _pebble, _fluke, _barb, _star, _heart, _ball, _fan, _fluff, _blade, _wisp, _tuft)
TAILS: Mapping[str, Callable[[Tip, Dice], None]] = {draw.__name__[1:]: draw for draw in _KINDS}


def tail_tip(scene: Scene, kind: str, x: float, y: float, degrees: float, size: float, dice: Dice, z: float) -> None:
    """The end of a tail, one of the TAILS, see `Tip`."""
    TAILS[kind](Tip(scene, x, y, degrees, size, z), dice)
