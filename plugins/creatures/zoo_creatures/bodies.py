"""The 10 body types. Each draws its trunk and limbs and says where head, face, tail and back are, so that any elemental
type can dress any body."""

from __future__ import annotations

from collections.abc import Callable

from zoo_creatures.canvas import ACCENT, BELLY, SKIN, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.faces import Face
from zoo_creatures.figure import Figure, Style, face_on
from zoo_creatures.limbs import leg, polar
from zoo_creatures.shapes import Below, Oval, Point, Tube, Union, curve, horn, leaf, taper
from zoo_creatures.tails import tail_tip
from zoo_creatures.upright import biped, humanoid, quadruped
from zoo_creatures.wings import skin_wing, wings


def serpentine(scene: Scene, style: Style, dice: Dice) -> Figure:
    """A legless coil with a raised neck."""
    thick, head_w = dice.between(0.14, 0.2), dice.between(0.32, 0.42)
    top = -0.3 - dice.between(0.0, 0.25)
    if dice.chance(0.5):  # coiled up
        rings, saddle = dice.whole(2, 3), dice.pick((ACCENT, ACCENT, BELLY))
        tip = (0.8, 0.4 - dice.between(0.0, 0.25))
        scene.add(Part(Tube(curve(((0.2, 0.78), (0.75, 0.9), tip)), taper(thick * 0.9, 0.045)), 1, SKIN))
        tail_tip(scene, style.tail, *tip, dice.between(70, 110), 0.22, dice, 1.5)
        y = 0.78
        for i in range(rings):
            wide = 0.58 - i * 0.13
            r = thick * (1 - 0.08 * i)
            scene.add(Part(Oval(0, y - r * 0.9, wide * 0.9, r * 1.0), 2 + i, SKIN, dim=1))
            ring = Tube(
                curve(((-wide, y - r * 0.8), (-wide * 0.75, y + r), (wide * 0.75, y + r), (wide, y - r * 0.8)), 10),
                taper(r, r, 10),
            )
            scene.add(Part(ring, 2.5 + i, SKIN, name=f"ring{i}"))
            _saddles(scene, f"ring{i}", ring.points, r, saddle)
            y -= r * 1.45
        neck = curve(((0.2, y + 0.15), (0.45, -0.1), (-0.35, 0.05), (0, top)), 10)
        base_z = 2 + rings
    else:  # winding
        tip = (0.62, 0.1 - dice.between(0.0, 0.3))
        scene.add(Part(Tube(curve(((0.1, 0.75), (0.95, 1.0), tip)), taper(thick, 0.045)), 1, SKIN, name="ring0"))
        tail_tip(scene, style.tail, *tip, dice.between(75, 120), 0.22, dice, 1.5)
        scene.add(
            Part(
                Tube(curve(((0.3, 0.82), (-0.1, 0.86), (-0.72, 0.92), (-0.6, 0.42)), 9), taper(thick * 1.0, thick * 1.15, 9)),
                3,
                SKIN,
                name="ring1",
            )
        )
        neck = curve(((-0.6, 0.5), (-0.5, 0.1), (0.55, 0.45), (0.3, -0.1), (0, top)), 12)
        base_z = 4
    radii = taper(thick * 1.15, thick * 0.95, len(neck) - 1)
    scene.add(Part(Tube(neck, radii), base_z + 2, SKIN, name="torso", casts=True))
    n = len(neck)
    belly = Tube(tuple((p[0] - thick * 0.28, p[1]) for p in neck[n // 3 :]), tuple(r * 0.62 for r in radii[n // 3 :]))
    scene.add(Part(belly, 0.1, BELLY, clip="torso"))
    for i in range(n // 3, n):
        px, py = neck[i]
        scene.add(
            Part(
                Tube(((px - thick * 0.8, py), (px + thick * 0.25, py + 0.015)), (0.008, 0.008), thin=True),
                0.2,
                SKIN,
                clip="torso",
                tone=1,
            )
        )
    head = Oval(0, top - head_w * 0.3, head_w, head_w * dice.between(0.72, 0.9), power=style.power, egg=dice.between(0.0, 0.25))
    scene.add(Part(head, 20, SKIN, name="head", casts=True))
    middle = neck[n // 2]
    snout = head_w * dice.between(0.4, 0.55) if dice.chance(0.3) else 0.0
    return Figure(head, Oval(middle[0], middle[1], thick, 0.3), face_on(head, dice, 0.0), (0.1, 0.1), snout)


def _saddles(scene: Scene, clip: str, path: tuple[Point, ...], thick: float, paint: int) -> None:
    """Spots along the back of a coil."""
    for i in range(1, len(path) - 1, 2):
        x, y = path[i]
        scene.add(Part(Oval(x, y - thick * 0.85, thick * 0.42, thick * 0.6), 0.1, paint, clip=clip))


def winged(scene: Scene, style: Style, dice: Dice) -> Figure:
    """A flier seen from the front with its wings spread."""
    wide, tall = dice.between(0.28, 0.4), dice.between(0.32, 0.44)
    span, tilt = dice.between(0.66, 0.84), dice.between(20, 60)
    wings(scene, style.wing, wide * 0.55, 0.0, span, tilt, dice)
    if dice.chance(0.75):
        for turn in (-112, -68, -90):
            scene.add(Part(leaf(0, tall * 0.8, turn, dice.between(0.34, 0.5), 0.2), -10, ACCENT if turn != -90 else SKIN))
    else:
        tip = (0.32, tall + 0.35)
        scene.add(Part(Tube(curve(((0, tall * 0.6), (0.05, tall + 0.4), tip)), taper(0.1, 0.04)), -10, SKIN))
        tail_tip(scene, style.tail, *tip, 30, 0.2, dice, -9)
    leg(scene, (wide * 0.4, tall * 0.75), (wide * 0.5, tall + 0.24), 0.11, -2, 0, "talon", mirror=True)
    torso = Oval(0, 0.08, wide, tall, power=style.power, egg=dice.between(-0.1, 0.2))
    scene.add(Part(torso, 0, SKIN, name="torso"))
    scene.add(Part(Oval(0, 0.18, wide * 0.72, tall * 0.78), 0.1, BELLY, clip="torso"))
    head_w = dice.between(0.29, 0.38)
    head = Oval(0, -tall * 0.75 - dice.between(0.02, 0.14), head_w, head_w * dice.between(0.85, 1.0), power=style.power)
    scene.add(Part(head, 20, SKIN, name="head", casts=True))
    return Figure(head, torso, face_on(head, dice, 0.0), None, floats=True)


def fish(scene: Scene, style: Style, dice: Dice) -> Figure:
    """Seen from the side, looking left."""
    wide, tall = dice.between(0.5, 0.68), dice.between(0.3, 0.5)
    body = Oval(-0.12, 0.1, wide, tall, power=min(style.power, 2.5))
    stem = Tube(((0.0, 0.1), (wide - 0.05, 0.1 - dice.between(-0.05, 0.1))), (tall * 0.75, 0.1))
    end = stem.points[1]
    for turn in (48, -48):
        scene.add(Part(leaf(end[0] - 0.08, end[1], turn, dice.between(0.45, 0.6), 0.32, turn * -0.6), -6, ACCENT))
    scene.add(Part(leaf(end[0] - 0.06, end[1], 0, 0.26, 0.2), -5.5, ACCENT))
    length, rise = dice.between(0.55, 0.75), dice.between(0.22, 0.42)
    if dice.chance(0.6):
        skin_wing(scene, (-0.12, -tall * 0.45), length, rise, 4, 0.15, -6, mirror=False)
    else:
        for i in range(3):
            scene.add(Part(horn(-0.2 + i * 0.24, -tall * 0.6, 78 - i * 14, 0.42 - i * 0.06, 0.26, -50), -6 + i * 0.1, ACCENT))
    scene.add(Part(horn(0.1, tall * 0.8, -60, 0.4, 0.24, 40), -6, ACCENT))
    trunk = Union((body, stem), 0.35)
    scene.add(Part(trunk, 0, SKIN, name="torso"))
    scene.add(Part(trunk, 20, SKIN, name="head"))
    scene.add(Part(Oval(-0.2, 0.1 + tall * 0.95, wide * 1.1, tall * dice.between(0.75, 1.0)), 0.2, BELLY, clip="head"))
    paddle = leaf(0.0, 0.24, dice.between(-60, -10), dice.between(0.3, 0.42), 0.24, -25)
    scene.add(Part(paddle, 26, ACCENT, casts=True))
    eye = tall * dice.between(0.26, 0.36)
    head = Oval(-0.12 - wide * 0.36, 0.1, wide * 0.62, tall * 0.93, power=body.power)
    face = Face(-0.12 - wide * 0.44, 0.02, wide * 0.5, eye, 0)
    return Figure(head, Oval(0.08, 0.1, wide * 0.8, tall), face, None, profile=True, floats=True, ears=False)


def insectoid(scene: Scene, style: Style, dice: Dice) -> Figure:
    """Six jointed legs, a thorax and an abdomen: crawler, beetle, wasp or mantis."""
    build = dice.pick(("crawler", "beetle", "wasp", "mantis"))
    wide, tall = dice.between(0.32, 0.44), dice.between(0.34, 0.46)
    if build == "mantis":
        wide, tall = wide * 0.72, tall * 1.15
    torso = Oval(
        0, 0.4, wide, tall, power=style.power, egg=dice.between(-0.3, -0.1) if build == "wasp" else dice.between(-0.1, 0.15)
    )
    thorax = Oval(0, -0.02, wide * dice.between(0.68, 0.85), 0.2, power=style.power)
    thin = dice.between(0.048, 0.068)
    reach = dice.between(0.36, 0.52) * (0.8 if build in ("beetle", "wasp") else 1.0)
    raised = dice.between(-10, 14)
    for i, (y, up) in enumerate(((-0.04, 34), (0.1, 8), (0.24, -18))):
        x = wide * (0.6 if i < 2 else 0.75)
        knee = polar(x, y, up + raised, reach * 0.62)
        foot = (knee[0] + reach * (0.32 - 0.08 * i), knee[1] + reach * (0.5 + 0.18 * i))
        if build == "mantis" and i == 0:
            elbow = polar(x, y - 0.02, 52, reach * 0.75)
            scene.add(Part(Tube(((x, y), elbow), (thin * 1.3, thin * 1.2)), 24, SKIN), mirror=True)
            scene.add(Part(leaf(*elbow, -70, reach * 1.05, thin * 3.4, -35), 25, ACCENT), mirror=True)
        else:
            scene.add(Part(Tube(((x, y), knee, foot), (thin * 1.3, thin, thin * 0.45)), -3 + i, ACCENT), mirror=True)
    if build == "wasp" or dice.chance(0.25):
        wings(scene, "insect", wide * 0.3, 0.1, dice.between(0.62, 0.8), dice.between(12, 38), dice, -12)
    scene.add(Part(torso, 0, ACCENT if build == "beetle" else SKIN, name="torso"))
    if build == "beetle":
        scene.add(Part(Tube(((0, 0.1), (0, 0.9)), (0.012, 0.012), thin=True), 0.6, ACCENT, clip="torso", tone=0))
        size = wide * dice.between(0.16, 0.24)
        for x, y in ((0.5, -0.05), (0.55, 0.5)):
            for side in (-1, 1):
                scene.add(Part(Oval(side * wide * x, 0.4 + tall * y, size, size), 0.3, BELLY, clip="torso"))
    else:
        bands, paint = dice.whole(2, 4), ACCENT if build == "wasp" else BELLY
        for i in range(bands):
            y = 0.4 + tall * (-0.2 + 1.1 * i / bands)
            band = Tube(curve(((-wide * 1.2, y - 0.06), (0, y + 0.1), (wide * 1.2, y - 0.06)), 6), (tall * 0.28 / bands,) * 7)
            scene.add(Part(band, 0.1, paint, clip="torso"))
        if build == "wasp":
            scene.add(Part(horn(0, 0.4 + tall * 0.9, -90, 0.26, 0.14), -1, ACCENT))
    scene.add(Part(thorax, 5, SKIN, name="thorax", casts=True))
    head_w = dice.between(0.28, 0.38)
    egg = -0.3 if build == "mantis" else 0.0
    head = Oval(0, -0.16 - head_w * 0.6, head_w, head_w * dice.between(0.75, 0.92), power=style.power, egg=egg)
    scene.add(Part(head, 20, SKIN, name="head", casts=True))
    return Figure(head, torso, face_on(head, dice, 0.0), None)


def blob(scene: Scene, style: Style, dice: Dice) -> Figure:
    """A heap of jelly with a face."""
    wide, tall = dice.between(0.5, 0.7), dice.between(0.42, 0.68)
    ground = 0.8
    dome = Oval(0, ground - tall, wide * 0.93, tall, power=style.power, egg=dice.between(0.0, 0.35))
    drips = dice.whole(3, 5)
    feet: list[Oval] = []
    for i in range(drips):
        x = wide * (-0.85 + 1.7 * i / (drips - 1))
        feet.append(Oval(x, ground - 0.1, wide * 0.3, 0.1 + 0.05 * dice.between(0, 1)))
    base = Oval(0, ground - 0.13, wide * 0.96, 0.15)
    shape = Below(Union((dome, base, *feet), 0.3), 0, -2.0)
    scene.add(Part(shape, 0, SKIN, name="torso"))
    scene.add(Part(shape, 20, SKIN, name="head"))
    if dice.chance(0.55):
        scene.add(Part(Oval(0, ground - tall * 0.25, wide * 0.6, tall * 0.5), 0.2, BELLY, clip="head"))
    shine = Oval(-wide * 0.42, ground - tall * 1.45, wide * 0.16, tall * 0.12, -0.6)
    scene.add(Part(shine, 0.3, SKIN, clip="head", tone=3))
    arms = dice.pick(("none", "nub", "up"))
    y = ground - tall * 0.75
    if arms == "nub":
        scene.add(Part(Oval(wide * 0.88, y, 0.17, 0.11, 0.4), 25, SKIN), mirror=True)
    elif arms == "up":
        scene.add(
            Part(
                Tube(curve(((wide * 0.7, y), (wide * 1.15, y + 0.05), (wide * 1.15, y - 0.3)), 5), taper(0.11, 0.08, 5)),
                -2,
                SKIN,
            ),
            mirror=True,
        )
    face = Face(
        0, ground - tall * dice.between(1.0, 1.2), wide * 0.7, wide * dice.between(0.14, 0.21), wide * dice.between(0.28, 0.4)
    )
    return Figure(dome, dome, face, None, ears=dice.chance(0.5), fill=dice.between(0.82, 1.0))


def tentacled(scene: Scene, style: Style, dice: Dice) -> Figure:
    """A large mantle over a bunch of curling arms."""
    wide, tall = dice.between(0.42, 0.58), dice.between(0.4, 0.54)
    head = Oval(0, -0.28, wide, tall, power=style.power, egg=dice.between(-0.2, 0.1))
    pairs = dice.whole(2, 4)
    thick = dice.between(0.085, 0.12) * (1.15 if pairs == 2 else 0.92)
    curl = dice.pick((-1, 1))
    for i in range(pairs):
        out = (i + 0.5) / pairs
        x0, y0 = wide * 0.75 * out, -0.28 + tall * (0.85 - 0.3 * out)
        length = dice.between(0.75, 0.98) - 0.18 * out
        foot = (x0 + out * dice.between(0.25, 0.5), y0 + length * (0.95 - 0.25 * out))
        end = (foot[0] + curl * 0.22 * (0.5 + out * 0.6), foot[1] - 0.2 * out - 0.04)
        path = curve(((x0, y0), (x0 + out * 0.1, y0 + length * 0.55), (foot[0] - curl * 0.04, foot[1] + 0.12), end), 9)
        scene.add(Part(Tube(path, taper(thick, thick * 0.35, 9)), 2 + (pairs - i) * 0.5, SKIN, name=f"arm{i}"), mirror=True)
        for side, name in ((1, f"arm{i}"), (-1, f"arm{i}'")):
            for j in (4, 6, 8):
                spot = Oval(side * path[j][0], path[j][1], thick * 0.38, thick * 0.38)
                scene.add(Part(spot, 0.1, BELLY, clip=name))
    scene.add(Part(head, 20, SKIN, name="head", casts=True))
    if dice.chance(0.5):
        rim = Tube(
            curve(((-wide * 0.95, -0.28 + tall * 0.3), (0, -0.28 + tall * 1.2), (wide * 0.95, -0.28 + tall * 0.3)), 8),
            (0.09,) * 9,
        )
        scene.add(Part(rim, 0.1, BELLY, clip="head"))
    face = Face(0, -0.28 + tall * dice.between(0.1, 0.3), wide, wide * dice.between(0.17, 0.24), wide * dice.between(0.36, 0.5))
    return Figure(head, head, face, None, ears=dice.chance(0.6))


def orb(scene: Scene, style: Style, dice: Dice) -> Figure:
    """A hovering ball with satellites."""
    r = dice.between(0.48, 0.6)
    head = Oval(0, 0, r, r * dice.between(0.92, 1.05), power=style.power)
    scene.add(Part(head, 20, SKIN, name="head"))
    scene.add(Part(head, 19.9, SKIN, name="torso"))
    kind = dice.pick(("ring", "moons", "hands", "plates"))
    if kind == "ring":
        wide, drop = r * dice.between(1.4, 1.6), 0.32
        back = curve(((wide, 0.1), (wide * 0.9, 0.1 - drop), (-wide * 0.9, 0.1 - drop), (-wide, 0.1)), 10)
        front = curve(((-wide, 0.1), (-wide * 0.9, 0.1 + drop * 1.5), (wide * 0.9, 0.1 + drop * 1.5), (wide, 0.1)), 10)
        scene.add(Part(Tube(back, (0.06,) * 11), 5, ACCENT, dim=1))
        scene.add(Part(Tube(front, (0.075,) * 11), 28, ACCENT, casts=True))
    elif kind == "moons":
        for i in range(dice.whole(1, 2)):
            angle = dice.between(-50, 50) if i else dice.between(-10, 40)
            where = polar(0, 0, angle - 60 * i, r * 1.34)
            scene.add(Part(Oval(*where, 0.14, 0.14), 10, ACCENT), mirror=True)
    elif kind == "hands":
        where = (r * 1.3, dice.between(-0.05, 0.3))
        scene.add(Part(Oval(*where, 0.17, 0.15), 10, SKIN), mirror=True)
        for i in range(3):
            scene.add(Part(horn(*polar(*where, 90 - i * 42, 0.08), 80 - i * 42, 0.2, 0.11), 9, ACCENT), mirror=True)
    else:
        for angle in (28, -28):
            path = curve((polar(0, 0, angle + 20, r * 1.28), polar(0, 0, angle, r * 1.5), polar(0, 0, angle - 20, r * 1.28)), 6)
            scene.add(Part(Tube(path, taper(0.02, 0.02, 6, 0.09)), 10, ACCENT), mirror=True)
    if dice.chance(0.5):
        scene.add(Part(Oval(0, r * 0.75, r * 0.9, r * 0.6), 0.1, BELLY, clip="head"))
    scene.add(Part(Oval(-r * 0.42, -r * 0.48, r * 0.15, r * 0.1, -0.7), 0.3, SKIN, clip="head", tone=3))
    if dice.chance(0.35):
        face = Face(0, 0.02, r, r * dice.between(0.4, 0.5), 0)
    else:
        face = Face(0, r * dice.between(-0.05, 0.1), r, r * dice.between(0.2, 0.27), r * dice.between(0.34, 0.46))
    return Figure(head, head, face, None, floats=True, ears=dice.chance(0.5), fill=dice.between(0.85, 1.0))


BODIES: dict[str, Callable[[Scene, Style, Dice], Figure]] = {
    "quadruped": quadruped,
    "biped": biped,
    "serpentine": serpentine,
    "winged": winged,
    "fish": fish,
    "insectoid": insectoid,
    "blob": blob,
    "humanoid": humanoid,
    "tentacled": tentacled,
    "orb": orb,
}
