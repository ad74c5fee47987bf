"""Paints parts, back to front, into a small picture with hard edges and few colours.

Every part is shaded by its own slope under a light from the top left, in three tones; where it overlaps what is already
there it gets a dark rim and casts a shadow. The whole silhouette gets an outline at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from zoo_creatures.shapes import Bounds, Shape

SKIN, BELLY, ACCENT, GLOW, WHITE, IRIS, INK = range(7)
PAINTS = 7
LINE, SHADOW, BASE, LIGHT = range(4)
TONES = 4
LIGHT_X, LIGHT_Y, LIGHT_Z = -0.48, -0.62, 0.62  # unit vector towards the light
MARGIN = 0.94  # sprites reach this far from the middle of the frame, in units of half its width; less if it has few pixels

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """A shape with its paint.

    z       parts are painted in rising order; for a clipped part this is counted from the part it is clipped to.
    clip    name of a part outside which this one is not painted: markings keep the shading below them.
    tone    one tone for the whole part; None to shade it.
    dim     tones darker than usual: limbs on the far side.
    casts   whether it throws a shadow on what it covers.
    """

    shape: Shape
    z: float
    paint: int
    name: str = ""
    clip: str = ""
    tone: int | None = None
    dim: int = 0
    rim: bool = True
    casts: bool = False
    rim_paint: int | None = None


@dataclass
class Scene:
    """The parts of one creature, in any order."""

    parts: list[Part] = field(default_factory=list)

    def add(self, part: Part, mirror: bool = False) -> None:
        """Add a part and, if asked, its mirror image."""
        self.parts.append(part)
        if mirror:
            self.parts.append(replace(part, shape=part.shape.mirrored(), name=f"{part.name}'" if part.name else ""))

    def bounds(self) -> Bounds:
        """What the silhouette covers. Markings lie inside it."""
        boxes = [part.shape.bounds() for part in self.parts if not part.clip]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def grown(mask: Mask, corners: bool = False) -> Mask:
    """The mask and its neighbours, 4 or with `corners` 8 of each pixel."""
    out = mask.copy()
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    across = out.copy() if corners else mask
    out[:, 1:] |= across[:, :-1]
    out[:, :-1] |= across[:, 1:]
    return out


def thick(mask: Mask, pixels: int) -> Mask:
    """The mask grown by about `pixels` in every direction."""
    for i in range(pixels):
        mask = grown(mask, corners=i % 2 == 1)
    return mask


def paint(scene: Scene, size: int, fill: float = 1.0, floats: bool = False) -> NDArray[np.uint8]:
    """Draw a scene, fitted into the frame, as (size, size) codes: 0 is empty, else 1 + paint * TONES + tone.

    `fill` is the share of the frame that the longer side takes. A scene that `floats` is centred, others stand near the foot.
    """
    left, top, right, bottom = scene.bounds()
    reach = min(MARGIN, 1 - 2.2 / size)  # leaves a pixel for the outline
    scale = min(2 * reach * fill / (right - left), 2 * reach * fill / (bottom - top))
    middle_x, foot = (left + right) / 2, reach - (1 - fill) * 0.5 * reach
    if floats:
        foot = (bottom - top) * scale / 2
    centres = (np.arange(size, dtype=np.float64) + 0.5) * (2 / size) - 1
    xs = np.asarray(centres / scale + middle_x, dtype=np.float64)
    ys = np.asarray((centres - foot) / scale + bottom, dtype=np.float64)
    pixel = 2 / size / scale
    line = max(1, round(size / 64)) if size >= 40 else 0
    codes = np.zeros((size, size), dtype=np.uint8)
    named: dict[str, Mask] = {}
    heights = {part.name: part.z for part in scene.parts if part.name}
    for part in sorted(scene.parts, key=lambda part: part.z + heights.get(part.clip, 0.0)):
        _paint_part(part, codes, xs, ys, pixel, line, named)
    solid = codes > 0
    edge = thick(solid, max(1, round(size / 64))) & ~solid
    codes[edge] = 1 + INK * TONES
    return codes


def _paint_part(
    part: Part,
    codes: NDArray[np.uint8],
    xs: NDArray[np.float64],
    ys: NDArray[np.float64],
    pixel: float,
    line: int,
    named: dict[str, Mask],
) -> None:
    if part.clip and part.clip not in named:
        return  # what it marks is too small to be seen
    box = part.shape.bounds()
    pad = pixel * (0.0 if part.clip else 1 + line * (3 if part.casts else 1))
    x0, x1 = (_column(edge, xs, pixel) for edge in (box[0] - pad, box[2] + pad))
    y0, y1 = (_column(edge, ys, pixel) for edge in (box[1] - pad, box[3] + pad))
    if x0 >= x1 or y0 >= y1:
        return
    f = part.shape.field(xs[None, x0:x1], ys[y0:y1, None], pixel)
    mask: Mask = f < 0
    view = codes[y0:y1, x0:x1]
    if part.clip:
        mask &= named[part.clip][y0:y1, x0:x1]
        tones = (view[mask] - 1) % TONES if part.tone is None else np.uint8(part.tone)
        view[mask] = np.uint8(1 + part.paint * TONES) + tones
        return
    if part.rim and line:
        under = view > 0
        if part.casts:
            fall = np.zeros_like(mask)
            drop = 2 * line
            fall[drop:, line:] = mask[:-drop, :-line]
            fall &= under & ~mask
            lit = (view[fall] - 1) % TONES
            view[fall] -= np.where(lit > SHADOW, lit - SHADOW, 0).astype(np.uint8)
        ring = thick(mask, line) & ~mask & under
        view[ring] = 1 + (part.paint if part.rim_paint is None else part.rim_paint) * TONES + LINE
    first = 1 + part.paint * TONES
    if part.tone is not None:
        view[mask] = first + part.tone
    else:
        gx, gy = np.zeros_like(f), np.zeros_like(f)
        gx[:, 1:-1] = f[:, 2:] - f[:, :-2]
        gy[1:-1] = f[2:] - f[:-2]
        k = np.minimum(np.maximum(1 + f, 0), 1)
        lum = (gx * LIGHT_X + gy * LIGHT_Y) * (k / np.sqrt(gx * gx + gy * gy + 1e-12)) + LIGHT_Z * np.sqrt(1 - k * k)
        tone = (BASE + (lum > 0.84) - (lum < 0.12) - part.dim).astype(np.int64)
        view[mask] = (first + np.maximum(tone, SHADOW))[mask]
    if part.name:
        whole = np.zeros(codes.shape, dtype=bool)
        whole[y0:y1, x0:x1] = mask
        named[part.name] = whole


def _column(edge: float, centres: NDArray[np.float64], pixel: float) -> int:
    """The first pixel whose centre is not below `edge`, or their number."""
    return min(max(math.ceil((edge - float(centres[0])) / pixel), 0), len(centres))
