"""Body types on two and four legs: quadruped, biped and humanoid."""

from __future__ import annotations

from zoo_creatures.canvas import ACCENT, BELLY, SKIN, Part, Scene
from zoo_creatures.dice import Dice
from zoo_creatures.figure import Figure, Style, face_on
from zoo_creatures.limbs import claws, leg
from zoo_creatures.shapes import Oval, Point, Poly, Tube, Union, curve, horn, leaf, taper
from zoo_creatures.tails import tail_tip


def quadruped(scene: Scene, style: Style, dice: Dice) -> Figure:
    """On four legs: standing, the head turned to us in front of a trunk seen from the side, or sitting face to face."""
    return _sitting(scene, style, dice) if dice.chance(0.35) else _standing(scene, style, dice)


def _standing(scene: Scene, style: Style, dice: Dice) -> Figure:
    thick, length, tall = dice.between(0.2, 0.31), dice.between(0.45, 0.75), dice.between(0.16, 0.42)
    wide, lift = dice.between(0.32, 0.44), dice.between(0.0, 0.34)
    ground = 0.85
    cy = ground - tall - thick * 0.75
    chest, rump = (-length / 2, cy), (length / 2, cy + dice.between(-0.05, 0.05))
    lean = dice.between(0.085, 0.12)
    for x, dim, z in (
        (chest[0] + 0.17, 1, -5.0),
        (rump[0] - 0.14, 1, -5.0),
        (chest[0] - 0.02, 0, 6.0),
        (rump[0] + 0.06, 0, 6.0),
    ):
        drop = 0.05 if dim else 0.0
        leg(scene, (x, cy + thick * 0.4), (x - 0.02, ground - drop), lean, z, dim, style.foot)
        if not dim and style.foot == "paw":
            claws(scene, x - 0.04, ground - 0.03, lean * 2.2, z + 0.5, paint=BELLY)
    tip = (rump[0] + dice.between(0.2, 0.42), cy - dice.between(0.05, 0.5))
    bend = (rump[0] + dice.between(0.3, 0.5), cy + dice.between(-0.05, 0.1))
    scene.add(Part(Tube(curve(((rump[0], cy), bend, tip)), taper(thick * 0.45, 0.05)), -8, SKIN))
    tail_tip(scene, style.tail, *tip, dice.between(60, 110), dice.between(0.22, 0.3), dice, -7)
    torso = Oval((chest[0] + rump[0]) / 2, cy, length / 2 + thick, thick * 1.05)
    middle = ((chest[0] + rump[0]) / 2, cy + dice.between(-0.03, 0.04))
    high, egg = wide * dice.between(0.8, 0.95), dice.between(-0.05, 0.2)
    head = Oval(chest[0] - 0.1, cy - thick * 0.5 - lift - wide * 0.4, wide, high, power=style.power, egg=egg)
    trunk = Tube((chest, middle, rump), (thick * 1.08, thick * dice.between(0.8, 1.0), thick * 1.02))
    neck = Tube((chest, (head.cx + 0.04, head.cy + wide * 0.3)), (thick * 0.9, wide * 0.55))
    scene.add(Part(Union((trunk, neck), 0.25), 0, SKIN, name="torso"))
    if dice.chance(0.6):
        bib = Tube(
            ((chest[0] - thick * 0.5, cy + thick * 0.2), (head.cx - 0.06, head.cy + wide * 0.4)), (thick * 0.6, wide * 0.4)
        )
        scene.add(Part(bib, 0.1, BELLY, clip="torso"))
    scene.add(Part(head, 20, SKIN, name="head", casts=True))
    snout = wide * dice.between(0.36, 0.5) if dice.chance(0.6) else 0.0
    face = face_on(head, dice, 0.02 if snout else 0.12, -wide * 0.1)
    return Figure(head, torso, face, (chest[0] + 0.3, cy - thick * 0.7), snout)


def _sitting(scene: Scene, style: Style, dice: Dice) -> Figure:
    wide, tall, ground = dice.between(0.27, 0.36), dice.between(0.36, 0.48), 0.85
    torso = Oval(0, ground - tall * 0.9, wide, tall, power=style.power, egg=dice.between(0.2, 0.4))
    lean, stance = dice.between(0.08, 0.11), wide * dice.between(0.36, 0.46)
    tip = (wide + dice.between(0.3, 0.45), 0.45 - dice.between(0.0, 0.45))
    scene.add(Part(Tube(curve(((0.1, ground - 0.12), (wide + 0.45, ground + 0.02), tip)), taper(0.11, 0.06)), -8, SKIN))
    tail_tip(scene, style.tail, *tip, dice.between(70, 110), dice.between(0.22, 0.3), dice, -7)
    scene.add(Part(torso, 0, SKIN, name="torso"))
    scene.add(Part(Oval(0, torso.cy - tall * 0.15, wide * 0.62, tall * dice.between(0.6, 0.8)), 0.1, BELLY, clip="torso"))
    scene.add(Part(Oval(wide * 0.98, ground - 0.2, wide * 0.5, 0.2, 0.25), 2, SKIN), mirror=True)
    scene.add(Part(Oval(wide * 1.2, ground - 0.045, lean * 1.5, 0.06), 3, SKIN), mirror=True)
    leg(scene, (stance, torso.cy + 0.02), (stance, ground), lean, 6, 0, style.foot, mirror=True)
    if style.foot == "paw":
        for side in (-1, 1):
            claws(scene, side * stance, ground - 0.03, lean * 2.2, 7, paint=BELLY)
    head_w = dice.between(0.36, 0.48)
    high, egg = head_w * dice.between(0.8, 0.92), dice.between(-0.05, 0.2)
    head = Oval(0, torso.cy - tall * 0.75 - head_w * 0.5, head_w, high, power=style.power, egg=egg)
    scene.add(Part(head, 20, SKIN, name="head", casts=True))
    snout = head_w * dice.between(0.36, 0.48) if dice.chance(0.6) else 0.0
    return Figure(head, torso, face_on(head, dice, 0.02 if snout else 0.12), (wide * 0.4, torso.cy - tall * 0.4), snout)


def biped(scene: Scene, style: Style, dice: Dice) -> Figure:
    """Upright on two thick legs with a belly and short arms."""
    wide, tall = dice.between(0.3, 0.46), dice.between(0.32, 0.46)
    head_w = dice.between(0.3, 0.44)
    torso = Oval(0, 0.36, wide, tall, power=style.power, egg=dice.between(0.1, 0.35))
    stance = wide * dice.between(0.55, 0.75)
    thick = dice.between(0.12, 0.17)
    tip = (wide + dice.between(0.25, 0.5), 0.5 - dice.between(0.0, 0.5))
    scene.add(Part(Tube(curve(((0, 0.55), (wide + 0.35, 0.85), tip)), taper(0.2, 0.05)), -8, SKIN))
    tail_tip(scene, style.tail, *tip, dice.between(60, 105), dice.between(0.2, 0.28), dice, -7)
    leg(scene, (stance * 0.9, 0.58), (stance * 1.1, 0.92), thick, 4, 0, style.foot, mirror=True)
    if style.foot == "paw":
        for side in (-1, 1):
            claws(scene, side * stance * 1.1, 0.89, thick * 2.2, 5, paint=BELLY)
    scene.add(Part(torso, 0, SKIN, name="torso"))
    scene.add(
        Part(
            Oval(0, 0.42, wide * dice.between(0.6, 0.78), tall * dice.between(0.65, 0.85), power=style.power),
            0.1,
            BELLY,
            clip="torso",
        )
    )
    head = Oval(
        0,
        0.36 - tall * 0.85 - head_w * 0.6,
        head_w,
        head_w * dice.between(0.8, 0.98),
        power=style.power,
        egg=dice.between(-0.1, 0.2),
    )
    shoulder = (wide * 0.8, 0.36 - tall * 0.5)
    reach = dice.between(0.22, 0.32)
    pose = dice.pick(("down", "up", "front", "out"))
    elbow, hand = {
        "down": (
            (shoulder[0] + reach * 0.7, shoulder[1] + reach * 0.4),
            (shoulder[0] + reach * 0.55, shoulder[1] + reach * 1.15),
        ),
        "up": (
            (shoulder[0] + reach * 0.8, shoulder[1] + reach * 0.5),
            (shoulder[0] + reach * 1.15, shoulder[1] - reach * 0.45),
        ),
        "front": (
            (shoulder[0] + reach * 0.5, shoulder[1] + reach * 0.7),
            (shoulder[0] - reach * 0.45, shoulder[1] + reach * 0.9),
        ),
        "out": ((shoulder[0] + reach * 0.5, shoulder[1] + reach * 0.1), (shoulder[0] + reach * 1.2, shoulder[1] + reach * 0.2)),
    }[pose]
    arm = thick * dice.between(0.55, 0.75)
    scene.add(Part(Tube(curve((shoulder, elbow, hand), 4), taper(arm, arm * 1.15, 4)), 8, SKIN), mirror=True)
    scene.add(Part(head, 20, SKIN, name="head", casts=True))
    snout = head_w * dice.between(0.36, 0.52) if dice.chance(0.4) else 0.0
    return Figure(head, torso, face_on(head, dice, -0.02 if snout else 0.1), (wide * 0.4, 0.1), snout)


def humanoid(scene: Scene, style: Style, dice: Dice) -> Figure:
    """Slender and dressed, with hair or what passes for it."""
    head_w = dice.between(0.27, 0.35)
    chest, hips = dice.between(0.15, 0.21), dice.between(0.13, 0.18)
    thin, stance, foot = dice.between(0.065, 0.09), dice.between(0.12, 0.22), 0.82 + dice.between(0.0, 0.12)
    shoe = "paw" if style.foot == "talon" else style.foot
    leg(scene, (hips * 0.62, 0.3), (stance, foot), thin * 1.1, 2, 0, shoe, mirror=True)
    torso = Oval(0, 0.14, max(chest, hips), 0.28)
    scene.add(Part(Tube(((0, -0.02), (0, 0.14), (0, 0.3)), (chest, chest * 0.78, hips)), 4, SKIN, name="torso"))
    wear = dice.pick(("skirt", "robe", "trunks", "belly", "cape", "scarf"))
    if wear == "skirt":
        scene.add(Part(_bell(chest * 0.85, 0.12, hips * dice.between(1.6, 2.2), 0.58, 0.1), 5, ACCENT, casts=True))
    elif wear == "robe":
        scene.add(Part(_bell(chest * 0.85, 0.12, dice.between(0.28, 0.42), foot - 0.06, 0.12), 5, ACCENT, casts=True))
    elif wear == "trunks":
        scene.add(Part(Oval(0, 0.36, hips * 1.3, 0.17), 0.1, ACCENT, clip="torso"))
        scene.add(Part(Tube(((hips * 0.6, 0.34), (stance * 0.85, 0.5)), (thin * 1.35, thin * 1.5)), 5, ACCENT), mirror=True)
    else:
        scene.add(Part(Oval(0, 0.1, chest * 0.62, 0.26), 0.1, BELLY, clip="torso"))
    if wear in ("skirt", "robe"):
        scene.add(Part(Tube(((-chest * 0.85, 0.14), (chest * 0.85, 0.14)), (0.035, 0.035)), 5.5, BELLY))
    elif wear == "cape":
        scene.add(Part(_bell(chest, -0.14, dice.between(0.34, 0.46), dice.between(0.55, 0.75), -0.16), -6, ACCENT))
    if wear in ("scarf", "cape"):
        scene.add(Part(Tube(curve(((-chest, -0.1), (0, 0.0), (chest, -0.1)), 4), (0.065,) * 5), 19, ACCENT))
    if wear == "scarf":
        scene.add(Part(leaf(0.1, -0.04, -70, 0.42, 0.15, 20), 18, ACCENT))
    _arms(scene, (chest * 0.92, -0.04), dice.between(0.27, 0.36), thin, dice)
    high, egg = head_w * dice.between(0.9, 1.02), dice.between(-0.2, 0.0)
    head = Oval(0, -0.16 - head_w * 0.78, head_w, high, power=style.power, egg=egg)
    scene.add(Part(head, 20, SKIN, name="head", casts=True))
    _hair(scene, head, dice)
    return Figure(head, torso, face_on(head, dice, 0.2), (chest * 0.5, 0.0))


def _bell(waist: float, top: float, flare: float, hem: float, sag: float) -> Poly:
    """Cloth that widens from `waist` at `top` to `flare` at `hem`, half widths both."""
    side = curve(((waist, top), (waist * 1.1, top + (hem - top) * 0.55), (flare, hem)), 5)
    bottom = curve(((flare, hem), (0, hem + sag), (-flare, hem)), 6)
    return Poly((*side, *bottom[1:-1], *((-px, py) for px, py in reversed(side))), flare * 0.8)


def _arms(scene: Scene, shoulder: Point, reach: float, thin: float, dice: Dice) -> None:
    x, y = shoulder
    poses = (
        ((x + reach * 0.6, y + reach * 0.5), (x + reach * 0.6, y + reach * 1.3)),  # hanging
        ((x + reach * 0.9, y + reach * 0.5), (x + reach * 0.95, y - reach * 0.5)),  # raised
        ((x + reach * 1.3, y + reach * 0.5), (x + reach * 0.1, y + reach * 1.0)),  # on the hips
        ((x + reach * 0.6, y + reach * 0.1), (x + reach * 1.2, y + reach * 0.4)),  # spread
    )
    elbow, hand = dice.pick(poses)
    scene.add(Part(Tube(curve((shoulder, elbow, hand), 6), taper(thin * 0.95, thin * 0.9, 6)), 7, SKIN), mirror=True)
    scene.add(Part(Oval(*hand, thin * 1.4, thin * 1.3), 8, BELLY if dice.chance(0.5) else SKIN), mirror=True)


def _hair(scene: Scene, head: Oval, dice: Dice) -> None:
    cut, r = dice.pick(("bob", "long", "spiky", "tails", "none")), head.rx
    if cut == "none":
        return
    top = head.cy - head.ry
    if cut in ("bob", "long"):
        drop = r * (0.55 if cut == "bob" else dice.between(1.2, 1.9))
        locks = Tube(((r * 0.55, head.cy - r * 0.2), (r * 0.72, head.cy + drop)), (r * 0.62, r * 0.34))
        cap = Oval(0, head.cy - r * 0.1, r * 1.16, head.ry * 1.06)
        scene.add(Part(Union((cap, locks, locks.mirrored()), 0.2), -4, ACCENT))
    elif cut == "spiky":
        for turn in (10, 38, 66):
            scene.add(Part(horn(*head.at(turn, 0.7), turn + 8, r * 0.85, r * 0.7), 19 + turn / 100, ACCENT), mirror=True)
    else:
        scene.add(Part(leaf(*head.at(25, 0.95), 15, r * dice.between(1.1, 1.6), r * 0.55, -110), 18, ACCENT), mirror=True)
    if dice.chance(0.5):
        for side in (-1, 1):
            lock = Oval(side * r * 0.62, top + r * 0.22, r * 0.7, r * 0.46, side * 0.5)
            scene.add(Part(lock, 0.1, ACCENT, clip="head"))
    else:
        for x in (-0.72, 0.0, 0.72):
            scene.add(Part(leaf(x * r, top - r * 0.1, -90, r * 0.85, r * 0.85), 0.1, ACCENT, clip="head"))
