import colorsys

import numpy as np
from acme_glyphs.dataset import CASES, HUES, SIGNS, Glyphs
from acme_glyphs.options import GlyphsOptions

from zoo_testing import conformance

test_conformance = conformance("acme-glyphs")


def test_labels_are_what_the_picture_shows():
    images = Glyphs(GlyphsOptions(count=60)).load(32, 4, ("hue", "case"), (255, 255, 255))
    for pixels, (hue, case), name in zip(images.pixels, images.labels, images.names, strict=True):
        red, green, blue, _ = pixels[pixels[..., 3] > 200].mean(0) / 255
        seen = colorsys.rgb_to_hsv(red, green, blue)[0] * len(HUES)
        assert min(abs(seen - hue), len(HUES) - abs(seen - hue)) < 0.6, f"{name} is not {HUES[hue]}"
        assert CASES[case] == ("digit" if name[0].isdigit() else "upper" if name[0].isupper() else "lower")


def test_every_sign_is_drawn_and_none_is_cut_off():
    dataset = Glyphs(GlyphsOptions(count=400, tilt=0))
    pictures = [dataset.draw(i) for i in range(400)]
    assert {labels[0] for _, labels in pictures} == set(range(len(SIGNS)))
    alpha = np.stack([np.asarray(picture)[..., 3] for picture, _ in pictures])
    assert alpha.any((1, 2)).all() and not alpha[:, [0, -1]].any() and not alpha[..., [0, -1]].any()
