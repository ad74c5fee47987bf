"""Letters and digits of the font that Pillow carries, tilted and coloured: nothing to download."""

from __future__ import annotations

import colorsys
import string
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from acme_glyphs.options import GlyphsOptions
from zoo_core.images import Images
from zoo_core.space import Space

SIGNS = string.ascii_letters + string.digits
CASES = ("lower", "upper", "digit")
HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")  # 60 degrees each
CANVAS = 96  # pixels: pictures are drawn at this size and then resized


class Glyphs:
    """Implements zoo_core.images.Dataset."""

    def __init__(self, options: GlyphsOptions) -> None:
        self.options = options

    def attributes(self) -> Mapping[str, tuple[str, ...]]:
        return {"sign": tuple(SIGNS), "case": CASES, "hue": HUES}

    def load(self, size: int, channels: int, labels: tuple[str, ...], background: tuple[int, int, int]) -> Images:
        n, mode, known = self.options.count, {1: "L", 3: "RGB", 4: "RGBA"}[channels], self.attributes()
        pixels = np.zeros((n, size, size, channels), np.uint8)
        numbers = np.zeros((n, len(known)), np.int64)
        for i in range(n):
            picture, numbers[i] = self.draw(i)
            if channels != 4:
                picture = Image.alpha_composite(Image.new("RGBA", picture.size, (*background, 255)), picture)
            resized = picture.resize((size, size), Image.Resampling.LANCZOS).convert(mode)
            pixels[i] = np.asarray(resized).reshape(size, size, channels)
        columns = [list(known).index(name) for name in labels]
        held_out = np.arange(n) % 10 == 9  # a tenth is never trained on
        names = tuple(f"{SIGNS[numbers[i, 0]]}-{i:05d}" for i in range(n))
        space = Space(size, channels, {name: known[name] for name in labels})
        return Images(space, pixels, numbers[:, columns], held_out, names, note="letters of the font built into Pillow")

    def draw(self, i: int) -> tuple[Image.Image, tuple[int, int, int]]:
        """Picture number i, RGBA on nothing, with its labels: a function of (seed, i), whatever the size asked for."""
        random = np.random.default_rng((self.options.seed, i))
        sign, hue = int(random.integers(len(SIGNS))), random.uniform()
        case = 2 if SIGNS[sign].isdigit() else int(SIGNS[sign].isupper())
        fill = tuple(round(255 * x) for x in colorsys.hsv_to_rgb(hue, random.uniform(0.6, 1), random.uniform(0.5, 0.9)))
        picture = Image.new("RGBA", (CANVAS, CANVAS), (*fill, 0))  # turned edges keep the colour
        font = ImageFont.load_default(size=random.uniform(0.6, 0.85) * CANVAS)
        ImageDraw.Draw(picture).text((CANVAS / 2, CANVAS / 2), SIGNS[sign], fill, font, anchor="mm")
        turned = picture.rotate(random.uniform(-1, 1) * self.options.tilt, Image.Resampling.BICUBIC, fillcolor=(*fill, 0))
        return turned, (sign, case, round(6 * hue) % 6)
