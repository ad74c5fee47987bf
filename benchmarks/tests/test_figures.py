"""Figures of labels, ways and reconstructions by a painter whose pictures are known, and the score of reconstructions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from zoo_bench.evaluation.reconstruction import psnr_of, reconstruction_scores
from zoo_bench.samples.figures import (
    LATENTS,
    MOST_VALUES,
    STEPS,
    WAYS,
    draw_figures,
    interpolation_figure,
    label_figure,
    reconstruction_figure,
)
from zoo_core.images import Images
from zoo_core.interfaces import Condition, Critic, Generator
from zoo_core.model.bundle import Bundle
from zoo_core.model.pixels import to_pixels
from zoo_core.prior import Prior
from zoo_core.space import Space
from zoo_train.encoder import Encoder

WHITE = (255, 255, 255)
SIZE = 16


class Painter(Generator):
    """One colour per image: red from the latent, green from the first label, blue from the second, or from the latent."""

    def __init__(self, space):
        super().__init__()
        self.latent = 3
        self.labels = len(space.labels)
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, z, condition: Condition):
        colours = z[:, :3].tanh()
        if condition.labels is not None:
            colours = colours.clone()
            colours[:, 1 : 1 + self.labels] = condition.labels.float() / 20
        return colours[:, :, None, None].expand(-1, 3, SIZE, SIZE)


class Reader(Critic):
    """The latent of a painted image, and a number that no one asked for."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x, condition: Condition):
        colours = x.mean((2, 3)).clamp(-0.999, 0.999).atanh()
        return torch.cat([colours, colours[:, :1] + 100], 1)


def painted(n=30, labels=(), held=3, channels=3):
    """Images of one colour each; every `held`-th is held out, none if 0."""
    colours = np.random.default_rng(0).integers(5, 251, (n, 1, 1, channels)).astype(np.uint8)
    space = Space(SIZE, channels, {name: tuple(f"{name}{i}" for i in range(count)) for name, count in labels})
    values = np.stack([np.arange(n) % count for _, count in labels], 1) if labels else np.zeros((n, 0))
    out = np.arange(n) % held == 0 if held else np.zeros(n, bool)
    return Images(space, colours.repeat(SIZE, 1).repeat(SIZE, 2), values.astype(np.int64), out, tuple(map(str, range(n))))


def bundle_of(space):
    return Bundle({"background": [255, 255, 255]}, Painter(space).eval(), space, Prior(3))


READER = Encoder({}, Reader().eval(), 3)


def tiles(picture, columns):
    """(rows, columns, 3): the colour in the middle of every image of a grid."""
    step = SIZE + 2
    return picture[SIZE // 2 :: step, SIZE // 2 :: step][:, :columns].astype(int)


def test_in_a_row_of_labels_nothing_changes_but_the_value():
    images = painted(labels=(("type", 5), ("body", 7)))
    picture = label_figure(bundle_of(images.space), images, WHITE)
    upper = tiles(picture[: LATENTS * (SIZE + 2) - 2, : 5 * (SIZE + 2) - 2], 5)
    lower = tiles(picture[LATENTS * (SIZE + 2) + 6 :], 7)
    assert upper.shape == (LATENTS, 5, 3) and lower.shape == (LATENTS, 7, 3)
    expected = to_pixels(torch.arange(7) / 20).tolist()
    for block, moves, stays in ((upper, 1, 2), (lower, 2, 1)):
        assert (block[:, :, 0] == block[:, :1, 0]).all() and len(set(block[:, 0, 0])) == LATENTS  # the latent is the row's
        assert (block[:, :, stays] == block[:, :1, stays]).all()
        assert (block[:, :, moves] == expected[: block.shape[1]]).all()
    assert (upper[:, 0, 0] == lower[:, 0, 0]).all()
    assert (picture[:100, 5 * (SIZE + 2) :] == 255).all()


def test_many_values_are_cut_and_no_labels_give_no_figure():
    images = painted(labels=(("name", 40),))
    assert label_figure(bundle_of(images.space), images, WHITE).shape[1] == MOST_VALUES * (SIZE + 2) - 2
    assert label_figure(bundle_of(Space(SIZE)), painted(), WHITE) is None


def test_between_latents_lies_an_arc_and_between_codes_a_line():
    images = painted()
    bundle = bundle_of(images.space)
    way = tiles(interpolation_figure(bundle, None, images, WHITE), STEPS)
    assert way.shape == (WAYS, STEPS, 3)
    first = bundle.sample(2 * WAYS)[:, :, 0, 0].numpy()
    assert (way[:, 0] == first[:WAYS]).all() and (way[:, -1] == first[WAYS:]).all()

    framed = tiles(interpolation_figure(bundle, READER, images, WHITE), STEPS + 2)
    held = images.pixels[images.held_out][:, 0, 0]
    left, right = framed[:, 0], framed[:, -1]
    assert len(framed) == len(held) // 2 == 5
    assert {tuple(row) for row in left} | {tuple(row) for row in right} == {tuple(row) for row in held}
    assert abs(framed[:, 1] - left).max() <= 1 and abs(framed[:, -2] - right).max() <= 1
    middle = np.tanh((np.arctanh(left / 127.5 - 1) + np.arctanh(right / 127.5 - 1)) / 2) * 127.5 + 127.5
    assert abs(framed[:, 1 + STEPS // 2] - middle).max() <= 1


@pytest.mark.parametrize(("n", "held", "columns", "rows"), [(30, 3, 10, 2), (120, 2, 12, 6), (3, 2, 2, 2), (7, 0, 7, 2)])
def test_reconstructions_stand_below_their_images(n, held, columns, rows):
    images = painted(n, held=held)
    picture = reconstruction_figure(bundle_of(images.space), READER, images, WHITE)
    assert picture.shape == (rows * (SIZE + 2) - 2, columns * (SIZE + 2) - 2, 3)
    found = tiles(picture, columns)
    assert abs(found[::2] - found[1::2]).max() <= 1
    usable = images.pixels[images.held_out if held else ~images.held_out][:, 0, 0]
    assert {tuple(row) for row in found[::2].reshape(-1, 3)} <= {tuple(row) for row in usable}
    assert reconstruction_figure(bundle_of(images.space), None, images, WHITE) is None


def test_one_image_and_one_label_still_give_figures(tmp_path):
    images = painted(1, labels=(("only", 1),), held=0)
    draw_figures(bundle_of(images.space), READER, images, tmp_path, WHITE)
    assert {path.name for path in tmp_path.iterdir()} == {"labels.png", "interpolation.png", "reconstruction.png"}
    assert Image.open(tmp_path / "labels.png").size == (SIZE, LATENTS * (SIZE + 2) - 2)


def test_a_perfect_encoder_has_no_error_and_so_no_noise_ratio():
    images = painted(60)
    (error,) = reconstruction_scores(bundle_of(images.space), READER, images, WHITE)
    held, mean = images.pixels[images.held_out], images.pixels[~images.held_out].mean(0, keepdims=True)
    assert error["name"] == "reconstruction_error" and error["value"] == 0 and error["better"] == "lower"
    assert error["floor"] == pytest.approx(np.abs(held - mean).mean() / 255)
    assert error["id"].startswith("reconstruction_error-held-out-20-")


def test_an_encoder_that_sees_nothing_scores_like_one_colour():
    class Blind(Reader):
        def forward(self, x, condition):
            return torch.zeros(len(x), 4)

    images = painted(60)
    error, psnr = reconstruction_scores(bundle_of(images.space), Encoder({}, Blind(), 3), images, WHITE)
    held = images.pixels[images.held_out].astype(float)
    assert error["value"] == pytest.approx(np.abs(held - 128).mean() / 255)
    assert psnr["value"] == pytest.approx(10 * math.log10(255**2 / ((held - 128) ** 2).mean()))
    mean = images.pixels[~images.held_out].mean(0, keepdims=True)
    assert psnr["floor"] == pytest.approx(10 * math.log10(255**2 / ((held - mean) ** 2).mean())) and psnr["better"] == "higher"
    each = np.abs(held - 128).mean((1, 2, 3)) / 255
    half = 1.96 * each.std(ddof=1) / math.sqrt(len(each))
    assert (error["low"], error["high"]) == pytest.approx((error["value"] - half, error["value"] + half), rel=1e-3)
    without = [10 * math.log10(255**2 / ((np.delete(held, i, 0) - 128) ** 2).mean()) for i in range(len(held))]
    half = 1.96 * np.std(without) * math.sqrt(len(held) - 1)
    assert (psnr["low"], psnr["high"]) == pytest.approx((psnr["value"] - half, psnr["value"] + half), rel=1e-4)


def test_the_same_images_have_the_same_id_and_others_another():
    ids = []
    for n in (60, 60, 63):
        images = painted(n)
        ids.append(reconstruction_scores(bundle_of(images.space), READER, images, WHITE)[0]["id"])
    assert ids[0] == ids[1] != ids[2]


def test_without_held_out_images_there_is_no_score_and_what_is_equal_has_no_noise():
    images = painted(held=0)
    assert reconstruction_scores(bundle_of(images.space), READER, images, WHITE) == []
    assert psnr_of(images.pixels, images.pixels) == math.inf
