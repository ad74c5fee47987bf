"""What each of the 18 elemental types adds to a body: what grows on the head, the tail, wings, markings, eyes and mouth."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_creatures.canvas import Scene
from zoo_creatures.crowns import CROWNS
from zoo_creatures.dice import Dice
from zoo_creatures.emblems import EMBLEMS
from zoo_creatures.faces import eye, eyes
from zoo_creatures.figure import Figure, Style
from zoo_creatures.heads import EARS
from zoo_creatures.marks import MARKS
from zoo_creatures.mouths import mouth, muzzle
from zoo_creatures.ornaments import ORNAMENTS
from zoo_creatures.wings import wings


@dataclass(frozen=True)
class Element:
    """Names of the features an individual of a type draws from."""

    crowns: tuple[str, ...]
    ears: tuple[str, ...]
    marks: tuple[str, ...]
    tails: tuple[str, ...]
    wing: tuple[str, ...]
    eyes: tuple[str, ...]
    mouths: tuple[str, ...]
    power: tuple[float, float] = (2.0, 2.0)
    feet: tuple[str, ...] = ("paw",)
    small_wings: float = 0.0


ELEMENTS: dict[str, Element] = {
    "fire": Element(
        ("flames",),
        ("cat", "none", "horns"),
        ("mask", "flare", "socks"),
        ("flame",),
        ("flame",),
        ("round", "fierce", "tall"),
        ("smile", "fangs", "open"),
    ),
    "water": Element(
        ("fin", "wave", "none"),
        ("fins",),
        ("waves", "drops", "mask"),
        ("fluke",),
        ("fin",),
        ("round", "tall", "bead"),
        ("smile", "cat", "open"),
    ),
    "grass": Element(
        ("sprout", "flower", "leaves"),
        ("leaf", "leaf", "none"),
        ("veins", "spots"),
        ("leaf",),
        ("leaf",),
        ("tall", "round", "bead", "happy"),
        ("smile", "cat", "open"),
    ),
    "electric": Element(
        ("bolts", "spikes", "none"),
        ("bolt", "tipped"),
        ("zigzag", "cheeks"),
        ("bolt",),
        ("bolt",),
        ("bead", "round", "tall"),
        ("cat", "open", "smile"),
    ),
    "ice": Element(
        ("crystals",),
        ("shard", "none"),
        ("snow", "mask", "facets"),
        ("shard",),
        ("shard",),
        ("tall", "round", "sleepy"),
        ("flat", "smile", "cat"),
    ),
    "rock": Element(
        ("stones", "none"),
        ("stones", "none"),
        ("cracks", "plates"),
        ("pebble",),
        ("slab",),
        ("fierce", "bead", "glow"),
        ("flat", "frown", "grin"),
        (2.6, 3.4),
        ("hoof",),
    ),
    "ground": Element(
        ("mound", "nosehorn"),
        ("round", "none"),
        ("bands", "socks", "mask"),
        ("barb", "ball", "tuft"),
        ("bat",),
        ("bead", "sleepy", "fierce"),
        ("grin", "flat", "fangs"),
        (2.0, 2.4),
    ),
    "bug": Element(
        ("feelers", "clubs", "beetle"),
        ("none",),
        ("dots", "bands"),
        ("barb", "ball"),
        ("insect",),
        ("compound", "compound", "bead"),
        ("mandibles", "smile"),
        feet=("talon",),
        small_wings=0.35,
    ),
    "poison": Element(
        ("bubbles", "warts", "quills"),
        ("frill", "none"),
        ("spots", "drip"),
        ("barb",),
        ("bat",),
        ("slit", "fierce", "sleepy"),
        ("fangs", "stitch", "grin"),
    ),
    "ghost": Element(
        ("wisps", "hood"),
        ("none", "wispy"),
        ("veil", "none"),
        ("wisp",),
        ("bat",),
        ("glow", "slit", "round"),
        ("stitch", "grin", "open"),
    ),
    "dark": Element(
        ("crescent", "mane", "none"),
        ("tall", "horns"),
        ("rings", "mask", "moon"),
        ("barb", "tuft"),
        ("bat",),
        ("slit", "fierce", "glow"),
        ("fangs", "flat", "grin"),
    ),
    "fairy": Element(
        ("bow", "star", "hearts"),
        ("floppy", "rabbit"),
        ("blush", "heart"),
        ("heart", "star"),
        ("petal", "insect"),
        ("tall", "round", "happy"),
        ("cat", "smile", "open"),
        small_wings=0.4,
    ),
    "psychic": Element(
        ("jewel", "halo", "antlers"),
        ("tassel", "none"),
        ("swirl", "eye"),
        ("star", "ball"),
        ("petal",),
        ("sleepy", "tall", "glow"),
        ("flat", "smile", "none"),
    ),
    "fighting": Element(
        ("headband", "topknot"),
        ("round", "cat", "none"),
        ("belt", "wraps", "scar"),
        ("tuft", "ball"),
        ("feather",),
        ("fierce", "fierce", "bead"),
        ("flat", "frown", "grin"),
        (2.0, 2.5),
    ),
    "steel": Element(
        ("blade", "helmet", "spikes"),
        ("bolts", "blades"),
        ("rivets", "plates"),
        ("blade", "ball"),
        ("blade",),
        ("glow", "fierce", "bead"),
        ("flat", "none", "grin"),
        (2.4, 3.0),
        ("hoof",),
    ),
    "dragon": Element(
        ("ridge", "mane", "none"),
        ("dragon", "horns"),
        ("scutes", "scales"),
        ("barb", "blade"),
        ("bat",),
        ("slit", "fierce"),
        ("fangs", "grin", "smile"),
        feet=("paw",),
        small_wings=0.75,
    ),
    "flying": Element(
        ("plume", "crest"),
        ("plumes", "none"),
        ("swirl", "chest", "mask"),
        ("fan",),
        ("feather",),
        ("round", "bead", "tall"),
        ("beak",),
        feet=("talon",),
        small_wings=0.7,
    ),
    "normal": Element(
        ("tuft", "none"),
        ("rabbit", "round", "floppy", "cat"),
        ("patch", "chest", "bands", "none"),
        ("fluff", "tuft"),
        ("feather",),
        ("bead", "round", "happy"),
        ("cat", "smile", "open"),
    ),
}


def style(element: Element, dice: Dice) -> Style:
    """What the body has to know before it is drawn."""
    return Style(dice.between(*element.power), dice.pick(element.tails), dice.pick(element.wing), dice.pick(element.feet))


def dress(scene: Scene, figure: Figure, element: Element, body: str, dice: Dice) -> None:
    """Add everything the type gives to a drawn body."""
    crown, ears = dice.pick(element.crowns), dice.pick(element.ears)
    if figure.profile or not figure.ears:
        ears = "none"
    if crown == "none" and ears == "none":
        crown = element.crowns[0]
    if crown != "none":
        (CROWNS | ORNAMENTS)[crown](scene, figure, dice)
    if ears != "none":
        EARS[ears](scene, figure, dice)
    mark = dice.pick(element.marks)
    if mark != "none":
        (MARKS | EMBLEMS)[mark](scene, figure, dice)
    if figure.back and body != "winged" and dice.chance(element.small_wings):
        wings(scene, dice.pick(element.wing), *figure.back, dice.between(0.5, 0.68), dice.between(30, 55), dice)
    _features(scene, figure, element, dice)


def _features(scene: Scene, figure: Figure, element: Element, dice: Dice) -> None:
    face, look, lips = figure.face, dice.pick(element.eyes), dice.pick(element.mouths)
    if figure.profile:
        eye(scene, "round" if look in ("happy", "compound") else look, face.x, face.y, face.eye, -1, 0.35)
        head = figure.head
        if lips == "beak":
            mouth(scene, lips, head.cx - head.rx * 1.02, head.cy + head.ry * 0.1, face.eye * 1.0)
        elif lips != "none":
            side = lips if lips in ("smile", "fangs", "flat", "frown", "open") else "smile"
            mouth(scene, side, head.cx - head.rx * 0.58, head.cy + head.ry * 0.48, 0.1)
        return
    if face.gap == 0:
        eye(scene, look if look in ("round", "slit", "tall") else "round", face.x, face.y, face.eye, 1, 0.3)
    else:
        eyes(scene, look, face, dice)
    y = face.y + face.eye * 1.25
    if figure.snout and lips in ("smile", "cat", "flat", "fangs", "frown"):
        y = face.y + face.eye + figure.snout * 0.55
        muzzle(scene, face.x, y, figure.snout, dice)
        y += figure.snout * 0.1
    if lips != "none":
        mouth(scene, lips, face.x, y, face.width * (0.24 if lips in ("beak", "open", "grin") else 0.2))
