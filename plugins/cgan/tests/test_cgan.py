"""The guided objective, its two generators, and that the guide decides what is drawn."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch
from zoo_cgan.objective import Guided
from zoo_cgan.options import CganOptions, UnetOptions

from zoo_core.errors import ZooError
from zoo_core.images import Images
from zoo_core.interfaces import Condition, Objective, total_loss
from zoo_core.model.bundle import load_bundle, save_bundle
from zoo_core.model.pixels import to_unit
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.engine import train
from zoo_train.export import run_bundle
from zoo_train.run import build

CPU = torch.device("cpu")
MODELS = ("cgan", "cgan_kiss")


def recipe(model="cgan", settings=(), **given):
    return tiny_recipe(model, settings, **{"guide": "edges"} | given)


def data_of(chosen, images=None):
    return DeviceData(images or random_images(chosen.space), chosen.train, chosen.seed, CPU, guide=chosen.data.guide)


def weights(run):
    return {f"{name}.{key}": value.clone() for name, net in run.nets.items() for key, value in net.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("model", MODELS)
def test_each_phase_moves_only_what_it_trains(model):
    for place, name in enumerate(("critic", "generator")):
        chosen = recipe(model)
        run = build(chosen, discover())
        assert [phase.name for phase in run.phases] == ["critic", "generator"]
        before = copy.deepcopy(run.nets)
        run.phases, run.total = [run.phases[place]], 1
        list(train(run, data_of(chosen)))
        for net in ("critic", "generator"):
            pairs = zip(run.nets[net].parameters(), before[net].parameters(), strict=True)
            moved = [not torch.equal(a, b) for a, b in pairs]
            assert any(moved) == (net == name)


@pytest.mark.parametrize("model", MODELS)
def test_resume_is_bit_for_bit_and_a_loaded_model_draws_the_same(model, tmp_path):
    chosen = recipe(
        model, ["objective.mismatch=0.5", "objective.match=3", "train.instance_noise=0.1", "generator.init=kaiming"]
    )
    whole = trained(chosen, 8)
    half = build(chosen, discover())
    half.total = 8
    for step in train(half, data_of(chosen)):
        if step.iteration == 4:
            break
    path = save_checkpoint(half, tmp_path)
    torch.manual_seed(99)
    resumed = build(chosen, discover())
    load_checkpoint(resumed, path)
    assert same(weights(whole), weights(trained(chosen, 8, resumed)))

    save_bundle(run_bundle(whole), tmp_path / "model")
    loaded, kept = load_bundle(tmp_path / "model", discover()), run_bundle(whole)
    pixels = torch.from_numpy(random_images(chosen.space).pixels[:5].transpose(0, 3, 1, 2).copy())
    guide = loaded.guide(pixels)
    assert loaded.edges == (chosen.data.guide.threshold, chosen.data.guide.thin)
    assert loaded.edges == {"cgan": (0.3, True), "cgan_kiss": (0.5, False)}[model]
    assert torch.equal(guide, kept.guide(pixels)) and 0 < guide.mean() < 1
    assert torch.equal(loaded.sample(5, 1, guide=guide), kept.sample(5, 1, guide=guide))
    assert not torch.equal(loaded.sample(5, 1, guide=guide), loaded.sample(5, 1))


def loss_terms(phase, settings):
    chosen = recipe("cgan", settings)
    run = build(chosen, discover())
    batch = data_of(chosen).batch(0)
    draw = CounterDraw(0, run.prior, CPU).at(0, 0, 0)
    found = next(item for item in run.phases if item.name == phase)
    for net in run.nets.values():
        net.eval()
    return run, batch, dict(found.loss(run.nets, batch, draw))


def test_match_is_the_weighted_mean_absolute_difference_to_the_image_of_the_guide():
    run, batch, terms = loss_terms("generator", ["objective.match=7"])
    z = CounterDraw(0, run.prior, CPU).at(0, 0, 0).latent(len(batch.images))
    drawn = run.nets["generator"](z, batch.condition)
    expected = 7 * np.abs(drawn.detach().numpy() - batch.images.numpy()).mean()
    assert terms["match"].item() == pytest.approx(expected, rel=1e-5)
    alone = loss_terms("generator", ["objective.match=0"])[2]
    assert set(alone) == {"adversarial"}
    assert total_loss(terms).item() == pytest.approx(alone["adversarial"].item() + expected, rel=1e-5)


def test_mismatch_counts_real_images_beside_guides_of_others_as_generated():
    run, batch, terms = loss_terms("critic", ["objective.mismatch=0.5"])
    critic = run.nets["critic"]
    right = critic(batch.images, batch.condition)
    wrong = critic(batch.images, Condition(guide=batch.condition.guide[[3, 0, 1, 2]]))
    expected = 0.5 * (np.log1p(np.exp(-right.detach().numpy())).mean() + np.log1p(np.exp(wrong.detach().numpy())).mean())
    assert terms["mismatch"].item() == pytest.approx(expected, rel=1e-4)
    assert "mismatch" not in loss_terms("critic", [])[2]


@pytest.mark.parametrize("adversarial", ["wgan_gp", "dcgan", "adversarial"])
def test_any_adversarial_objective_can_be_wrapped(adversarial):
    chosen = recipe(settings=["objective.adversarial=" + adversarial])
    run = trained(chosen, 1)
    assert run.iteration == 1


def test_an_objective_without_a_critics_score_is_refused():
    class Other(Objective):
        def nets(self, parts):
            return {}

        def phases(self):
            return []

    with pytest.raises(ZooError, match="type --adversarial"):
        Guided(Other(), CganOptions())


def test_without_guides_the_plan_says_what_to_type():
    with pytest.raises(ZooError, match="--guide edges"):
        tiny_recipe("cgan")


def test_sizes_that_do_not_fit_are_said():
    assert "--guide edges" in UnetOptions().fits(Space(32))
    assert UnetOptions().fits(Space(48, guide=1)) is None


@pytest.mark.parametrize("upsampler", ["transposed", "nearest", "bilinear", "pixelshuffle", "colorpicker"])
@pytest.mark.parametrize("generator", ["edge_unet", "edge_dense"])
@pytest.mark.parametrize(("size", "channels"), [(24, 1), (32, 4)])
def test_both_generators_take_any_upsampler(upsampler, generator, size, channels):
    catalog = discover()
    if upsampler not in {item.entry.name for item in catalog.of("upsampler")}:
        pytest.skip(f"{upsampler} is not installed")
    parts = {"generator": generator, "upsampler": upsampler}
    chosen = recipe("cgan", ["generator.init=kaiming"], size=size, channels=channels, parts=parts)
    net = build(chosen, catalog).nets["generator"]
    z = torch.randn(3, 6)
    guide = (torch.rand(3, 1, size, size) < 0.2).float()
    drawn = net(z, Condition(guide=guide))
    assert drawn.shape == (3, channels, size, size) and drawn.abs().max() <= 1
    net.eval()
    empty = net(z, Condition())
    assert torch.equal(empty, net(z, Condition(guide=torch.zeros_like(guide))))
    assert not torch.equal(empty, net(z, Condition(guide=guide)))
    assert not torch.equal(net(z, Condition(guide=guide)), net(z + 1, Condition(guide=guide)))


def squares(n=120, size=16, side=5):
    """Black squares on white at all places; every sixth image is held out."""
    random = np.random.default_rng(0)
    pixels = np.full((n, size, size, 3), 255, np.uint8)
    for image, (y, x) in zip(pixels, random.integers(1, size - side, (n, 2)), strict=True):
        image[y : y + side, x : x + side] = 0
    return Images(Space(size), pixels, np.zeros((n, 0), np.int64), np.arange(n) % 6 == 5, tuple(map(str, range(n))))


def test_the_guide_decides_what_is_drawn():
    images = squares()
    chosen = recipe("cgan", ["generator.width=8", "generator.max_width=32", "train.batch=16", "train.lr=0.002"])
    run = build(chosen, discover())
    run.total = 120
    list(train(run, data_of(chosen, images)))
    bundle = run_bundle(run)
    real = torch.from_numpy(images.pixels[images.held_out].transpose(0, 3, 1, 2).copy())
    drawn = bundle.sample(len(real), guide=bundle.guide(real))
    dark, wanted = to_unit(drawn).mean(1) < 0, to_unit(real).mean(1) < 0

    def overlap(a, b):
        return ((a & b).flatten(1).sum(1) / (a | b).flatten(1).sum(1)).mean().item()

    right, shuffled = overlap(dark, wanted), overlap(dark, wanted.roll(1, 0))
    assert right > 0.6 and right > shuffled + 0.4
    untrained = run_bundle(build(dataclasses.replace(chosen, seed=1), discover()))
    nothing = to_unit(untrained.sample(len(real), guide=bundle.guide(real))).mean(1) < 0
    assert overlap(nothing, wanted) < 0.4
