"""Wings, tails, legs and arms: what bodies are built from besides heads and trunks."""

from __future__ import annotations

import math

from zoo_bench.data.creature_canvas import ACCENT, BELLY, GLOW, SHADOW, SKIN, WHITE, Part, Scene
from zoo_bench.data.creature_dice import Dice
from zoo_bench.data.creature_shapes import (
    Oval,
    Point,
    Poly,
    Shape,
    Tube,
    bolt,
    curve,
    gem,
    horn,
    leaf,
    pebble,
    shard,
    star,
    taper,
)


def polar(x: float, y: float, degrees: float, reach: float) -> Point:
    """The point `reach` away in a direction: 0 is right, 90 is up."""
    return x + math.cos(math.radians(degrees)) * reach, y - math.sin(math.radians(degrees)) * reach


def flame(scene: Scene, x: float, y: float, degrees: float, size: float, dice: Dice, z: float, mirror: bool = False) -> None:
    """A burning tuft: an outer flame of three tongues and a bright core."""
    bend = dice.between(10, 35) * dice.pick((-1, 1))
    for turn, length in ((-34, 0.62), (34, 0.62), (0, 1.0)):
        scene.add(Part(leaf(x, y, degrees + turn, size * length, size * 0.5, bend + turn * 0.5), z, ACCENT, rim=False), mirror)
    scene.add(Part(leaf(x, y, degrees, size * 0.62, size * 0.3, bend), z + 0.1, GLOW, rim=False), mirror)


def membrane(x: float, y: float, span: float, rise: float, fingers: int, scallop: float) -> tuple[Poly, list[Tube]]:
    """A bat's or dragon's wing to the right of (x, y), and the bones drawn on it."""
    wrist = (x + span * 0.38, y - rise)
    tips = [polar(x + span * 0.2, y - rise * 0.1, 32 - i * 100 / fingers, span * (0.86 - 0.1 * i)) for i in range(fingers)]
    tips = [(tip[0], tip[1] - rise * 0.25) for tip in tips]
    corners = [(x, y), *curve(((x, y), (x + span * 0.12, y - rise * 0.8), wrist), 3)[1:]]
    ends = [*tips, (x - 0.02, y + span * 0.3)]
    corners += [ends[0]]
    for a, b in zip(ends, ends[1:], strict=False):
        pull = (
            (a[0] + b[0]) / 2 + (wrist[0] - (a[0] + b[0]) / 2) * scallop,
            (a[1] + b[1]) / 2 + (wrist[1] - (a[1] + b[1]) / 2) * scallop,
        )
        corners += curve((a, pull, b), 4)[1:]
    bones = [Tube((wrist, tip), (0.012, 0.004), thin=True) for tip in tips[1:]]
    return Poly(tuple(corners), span * 0.3), bones


def wings(scene: Scene, kind: str, x: float, y: float, span: float, tilt: float, dice: Dice, z: float = -20) -> None:
    """A pair of wings from (x, y) and its mirror image. `tilt` in degrees raises them; `span` is the length of one."""
    count = dice.whole(3, 5)
    if kind == "bat":
        shape, bones = membrane(x, y, span, span * (0.35 + tilt / 160), dice.whole(3, 4), dice.between(0.25, 0.5))
        scene.add(Part(shape, z, ACCENT, name="wing"), mirror=True)
        for bone in bones:
            scene.add(Part(bone, z + 0.1, ACCENT, tone=0, rim=False), mirror=True)
        elbow = (x + span * 0.12, y - span * (0.35 + tilt / 160) * 0.8)
        wrist = (x + span * 0.38, y - span * (0.35 + tilt / 160))
        tip = polar(x + span * 0.2, y - span * 0.05, 32, span * 0.86)
        arm = Tube(
            (*curve(((x, y), elbow, wrist), 4), (tip[0], tip[1] - span * (0.35 + tilt / 160) * 0.25)),
            (0.06, 0.055, 0.05, 0.045, 0.04, 0.01),
        )
        scene.add(Part(arm, z + 0.2, SKIN), mirror=True)
        scene.add(Part(horn(*wrist, 80, span * 0.16, span * 0.09), z + 0.1, WHITE), mirror=True)
    elif kind == "insect":
        wide = dice.between(0.3, 0.42)
        for turn, length, paint in ((tilt - 42, 0.66, BELLY), (tilt, 1.0, BELLY)):
            middle = polar(x, y, turn, span * length * 0.52)
            shape = Oval(*middle, span * length * 0.52, span * length * wide * 0.62, -math.radians(turn), egg=0.0)
            scene.add(Part(shape, z, paint, name=f"wing{length}"), mirror=True)
            spot = polar(x, y, turn, span * length * 0.74)
            scene.add(Part(Oval(*spot, span * 0.13 * length, span * 0.1 * length), 0.1, ACCENT, clip=f"wing{length}"))
            scene.add(
                Part(Oval(-spot[0], spot[1], span * 0.13 * length, span * 0.1 * length), 0.1, ACCENT, clip=f"wing{length}'")
            )
            z += 0.5
    elif kind == "fin":
        shape, bones = membrane(x, y, span * 0.9, span * (0.22 + tilt / 200), 5, 0.12)
        scene.add(Part(shape, z, ACCENT), mirror=True)
        for bone in bones:
            scene.add(Part(bone, z + 0.1, ACCENT, tone=0, rim=False), mirror=True)
    else:
        makers = {"leaf": 0.34, "flame": 0.34, "shard": 0.24, "blade": 0.2, "bolt": 0.5, "slab": 0.3, "petal": 0.3}
        width = span * makers.get(kind, 0.27)
        for i in range(count):
            share = i / (count - 1)  # from the lowest feather to the leading one
            turn = tilt - 72 * (1 - share) + 6
            length = span * (0.55 + 0.45 * share**0.8)
            start = polar(x, y, tilt, span * 0.12 * share)
            feather: Shape
            if kind == "shard":
                feather = shard(*start, turn, length, width)
            elif kind == "bolt":
                feather = bolt(*start, turn, length, width)
            elif kind == "slab":
                middle = polar(*start, turn, length * 0.55)
                feather = pebble(*middle, length * 0.36, width * 0.75, turn, 6)
            elif kind == "blade":
                feather = leaf(*start, turn, length, width, 0)
            else:
                feather = leaf(*start, turn, length, width, 14 if kind == "flame" else -16)
            paint = (
                ACCENT
                if kind in ("flame", "leaf", "shard", "blade", "bolt", "slab")
                else (SKIN, ACCENT)[i % 2 == 0 and kind == "petal"]
            )
            scene.add(Part(feather, z + share, paint, name=f"feather{i}"), mirror=True)
            if kind == "flame":
                scene.add(
                    Part(leaf(*start, turn, length * 0.6, width * 0.5, 14), z + share + 0.01, GLOW, rim=False), mirror=True
                )
            elif kind == "leaf":
                rib = Tube((start, polar(*start, turn, length * 0.8)), (0.008, 0.004), thin=True)
                scene.add(Part(rib, z + share + 0.01, ACCENT, tone=3, rim=False), mirror=True)
            elif kind == "feather":
                tip = polar(*start, turn - 8, length * 0.95)
                scene.add(Part(Oval(*tip, length * 0.26, length * 0.26), 0.01, ACCENT, clip=f"feather{i}"))
                scene.add(Part(Oval(-tip[0], tip[1], length * 0.26, length * 0.26), 0.01, ACCENT, clip=f"feather{i}'"))
        if kind in ("feather", "flame", "petal"):
            cover = polar(x, y, tilt - 14, span * 0.2)
            scene.add(Part(Oval(*cover, span * 0.27, span * 0.17, -math.radians(tilt - 14)), z + 1.2, SKIN), mirror=True)


def tail_tip(scene: Scene, kind: str, x: float, y: float, degrees: float, size: float, dice: Dice, z: float) -> None:
    """The end of a tail at (x, y) that points in a direction (90 is up)."""
    if kind == "flame":
        flame(scene, x, y, 90 + (degrees - 90) * 0.3, size * 1.5, dice, z)
    elif kind == "leaf":
        for turn in (-38, 38, 0):
            scene.add(Part(leaf(x, y, degrees + turn, size * (1.0 if turn else 1.25), size * 0.55, turn * 0.4), z, ACCENT))
    elif kind == "bolt":
        scene.add(
            Part(
                bolt(*polar(x, y, degrees, -size * 0.3), degrees, size * 1.9, size * 1.2),
                z,
                SKIN if dice.chance(0.5) else ACCENT,
            )
        )
    elif kind == "shard":
        for turn in (-40, 40, 0):
            scene.add(Part(shard(x, y, degrees + turn, size * (0.8 if turn else 1.2), size * 0.48), z, ACCENT))
    elif kind == "pebble":
        scene.add(Part(pebble(*polar(x, y, degrees, size * 0.3), size * 0.62, size * 0.55, dice.between(0, 60), 6), z, ACCENT))
    elif kind == "fluke":
        for turn in (-48, 48):
            scene.add(
                Part(leaf(*polar(x, y, degrees, -size * 0.15), degrees + turn, size * 1.15, size * 0.6, -turn * 0.9), z, ACCENT)
            )
    elif kind == "barb":
        x, y = polar(x, y, degrees, -size * 0.1)
        scene.add(
            Part(
                Poly(
                    (
                        polar(x, y, degrees, size),
                        polar(x, y, degrees + 115, size * 0.55),
                        (x, y),
                        polar(x, y, degrees - 115, size * 0.55),
                    ),
                    size * 0.3,
                ),
                z,
                ACCENT,
            )
        )
    elif kind == "star":
        scene.add(Part(star(*polar(x, y, degrees, size * 0.3), size * 0.75), z, GLOW))
    elif kind == "heart":
        heart(scene, *polar(x, y, degrees, size * 0.25), size * 0.75, ACCENT, z)
    elif kind == "ball":
        scene.add(Part(Oval(*polar(x, y, degrees, size * 0.3), size * 0.48, size * 0.48), z, ACCENT))
    elif kind == "fan":
        for turn in (-44, 44, -22, 22, 0):
            scene.add(Part(leaf(x, y, degrees + turn, size * 1.2, size * 0.5), z, ACCENT if turn % 44 else SKIN))
    elif kind == "fluff":
        scene.add(
            Part(leaf(*polar(x, y, degrees, -size * 0.5), degrees, size * 2.0, size * 1.1, dice.between(-30, 30)), z, BELLY)
        )
    elif kind == "blade":
        scene.add(Part(leaf(*polar(x, y, degrees, -size * 0.2), degrees, size * 1.7, size * 0.62, 24), z, ACCENT))
    elif kind == "wisp":
        scene.add(
            Part(
                Tube(
                    curve(((x, y), polar(x, y, degrees, size), polar(x, y, degrees + 60, size * 1.5)), 6),
                    taper(size * 0.3, 0, 6),
                ),
                z,
                ACCENT,
            )
        )
    elif kind == "tuft":
        for turn in (-30, 30, 0):
            scene.add(Part(leaf(x, y, degrees + turn, size, size * 0.45, turn), z, ACCENT, rim=False))


def heart(scene: Scene, x: float, y: float, size: float, paint: int, z: float, clip: str = "", mirror: bool = False) -> None:
    """A heart about 2 * `size` wide."""
    lobe_l = Oval(x - size * 0.42, y - size * 0.2, size * 0.62, size * 0.42, math.radians(48))
    lobe_r = Oval(x + size * 0.42, y - size * 0.2, size * 0.62, size * 0.42, math.radians(-48))
    tip = gem(x, y + size * 0.1, size * 0.72, size * 0.8)
    for shape in (tip, lobe_l, lobe_r):
        scene.add(Part(shape, z, paint, clip=clip, rim=False, tone=None if not clip else None), mirror)


def claws(scene: Scene, x: float, y: float, width: float, z: float, count: int = 3, paint: int = WHITE) -> None:
    """Toes of a foot whose front edge is centred on (x, y)."""
    for i in range(count):
        across = x + (i - (count - 1) / 2) * width / count
        scene.add(
            Part(
                Oval(across, y, width * 0.42 / count, width * 0.36 / count),
                z,
                paint,
                tone=None if paint != WHITE else 2,
                rim_paint=SKIN,
            )
        )


def leg(
    scene: Scene,
    hip: Point,
    foot: Point,
    thick: float,
    z: float,
    dim: int = 0,
    kind: str = "paw",
    mirror: bool = False,
    paint: int = SKIN,
) -> None:
    """A leg with a foot. `kind`: paw, hoof, talon or stub."""
    (hx, hy), (fx, fy) = hip, foot
    if kind == "talon":
        shank = Tube(
            ((hx, hy), ((hx + fx) / 2 + 0.02, (hy + fy) / 2), (fx, fy - 0.03)), (thick * 0.5, thick * 0.36, thick * 0.3)
        )
        scene.add(Part(shank, z, GLOW, tone=SHADOW + 1, dim=dim), mirror)
        for turn in (-150, -90, -30):
            scene.add(Part(horn(fx, fy - 0.05, turn, thick * 1.1, thick * 0.5), z + 0.1, GLOW, dim=dim), mirror)
        return
    knee = ((hx + fx) / 2 + (fx - hx) * 0.1, (hy + fy) / 2)
    shank = Tube(((hx, hy), knee, (fx, fy - thick * 0.6)), (thick * 1.15, thick, thick * 0.92))
    scene.add(Part(shank, z, paint, dim=dim), mirror)
    if kind == "paw":
        scene.add(Part(Oval(fx, fy - thick * 0.5, thick * 1.3, thick * 0.72), z + 0.2, paint, dim=dim), mirror)
    elif kind == "hoof":
        hoof = Poly(
            ((fx - thick, fy - thick * 0.9), (fx + thick, fy - thick * 0.9), (fx + thick * 1.15, fy), (fx - thick * 1.15, fy)),
            thick,
        )
        scene.add(Part(hoof, z + 0.2, ACCENT, dim=dim), mirror)
