"""The checks for trouble, each provoked; and runs that are well."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.export import run_bundle
from zoo_train.run import build
from zoo_train.sample_trouble import SAMPLES, distance, diversity, sample_trouble
from zoo_train.trouble import READS, not_finite, pinned, trends

CPU = torch.device("cpu")


def readings(run, iterations):
    """Train on random images; the terms of each iteration."""
    recipe = run.recipe
    data = DeviceData(random_images(recipe.space), recipe.train, recipe.seed, CPU, guide=recipe.data.guide)
    run.total = iterations
    return [step.values() for step in train(run, data)]


def with_loss(run, name, loss, **changes):
    """The run, with another loss in one phase."""
    run.phases = tuple(dataclasses.replace(p, loss=loss, **changes) if p.name == name else p for p in run.phases)
    return run


def test_a_term_that_is_not_finite_is_named_with_its_phase_and_the_rate_to_try():
    run = build(tiny_recipe("wgan_gp", ["train.lr=0.004", "train.critic_lr=0.002"]), discover())
    normal = run.phases[0].loss

    def loss(nets, batch, draw):
        return {**normal(nets, batch, draw), "~odd": torch.tensor(math.inf if draw.iteration == 2 else 1.0)}

    (*well, last) = readings(with_loss(run, "critic", loss), 3)
    assert all(not not_finite(run, terms) for terms in well)
    (found,) = not_finite(run, last)
    assert (found.kind, found.phase, found.term, found.iteration, found.fatal) == ("non-finite", "critic", "odd", 3, True)
    assert found.message == (
        "iteration 3: term odd of phase critic is not finite; try a smaller --set train.critic_lr, such as 0.001, "
        "or --set train.clip_gradient=1"
    )


def test_a_gradient_that_is_not_finite_is_found_though_the_loss_is():
    run = build(tiny_recipe("wgan_gp"), discover())

    def loss(nets, batch, draw):
        weight = nets["generator"].get_parameter(next(iter(dict(nets["generator"].named_parameters()))))
        return {"root": (weight - weight.detach()).abs().sum().sqrt()}  # the value is 0, its slope infinite

    (terms,) = readings(with_loss(run, "generator", loss), 1)
    assert terms["generator/root"] == 0
    (found,) = not_finite(run, terms)
    assert (found.phase, found.term) == ("generator", "generator") and "the gradient of generator" in found.message


@pytest.mark.parametrize(("net", "phase"), [("critic", "critic"), ("generator", "generator"), ("average", "average")])
def test_a_weight_that_is_not_finite_is_found(net, phase):
    run = build(tiny_recipe("wgan_gp"), discover())
    (terms,) = readings(run, 1)
    assert not not_finite(run, terms)
    network = run.average if net == "average" else run.nets[net]
    with torch.no_grad():
        list(network.parameters())[-1].view(-1)[-1] = math.nan
    (found,) = not_finite(run, terms)
    assert found.phase == phase and "a weight of" in found.message


def test_large_values_are_not_taken_for_infinite_ones():
    run = build(tiny_recipe("wgan_gp"), discover())
    with torch.no_grad():
        run.nets["critic"].readout.weight.fill_(3e38)  # its square is infinite
    assert not not_finite(run, {})


def test_a_critic_that_is_always_right_is_saturated():
    run = build(tiny_recipe("dcgan", ["train.critic_lr=0.01", "train.lr=1e-7"]), discover())
    found = trends(run, readings(run, 80))
    assert [(item.kind, item.phase, item.term) for item in found] == [("saturation", "critic", "real_accuracy")]
    assert "--set train.instance_noise=0.1" in found[0].message
    assert not trends(run, [{"critic/real_accuracy": 1.0, "critic/fake_accuracy": 0.9}] * READS)
    assert not trends(run, [{"critic/real_accuracy": 1.0, "critic/fake_accuracy": 1.0}] * (READS - 1))


def test_weights_at_the_clip_bound_are_pinned():
    run = build(tiny_recipe("wgan_clip", ["objective.clip=0.02", "train.lr=5"]), discover())
    assert not pinned(run)  # not clipped yet
    readings(run, 3)
    (found,) = pinned(run)
    assert (found.kind, found.phase, found.term) == ("pinned", "critic", "critic")
    assert "are pinned at 0.02" in found.message and "--set objective.clip=0.04" in found.message
    well = build(tiny_recipe("wgan_clip", ["objective.clip=0.1", "train.lr=0.0001"]), discover())
    readings(well, 3)
    assert not pinned(well)


def test_codes_that_say_nothing_of_their_image_are_found():
    for beta, kinds in ((1e5, ["kl"]), (1e-3, [])):
        run = build(tiny_recipe("vae", [f"objective.beta={beta}", "train.lr=0.02"]), discover())
        found = trends(run, readings(run, 120)[-READS:])
        assert [item.kind for item in found] == kinds


def real(space, n=32):
    return torch.from_numpy(np.ascontiguousarray(random_images(space, n).pixels.transpose(0, 3, 1, 2)))


def test_samples_that_are_alike_have_collapsed():
    run = build(tiny_recipe("wgan_gp"), discover())
    bundle = run_bundle(run)
    noise = real(run.recipe.space)
    assert [item.kind for item in sample_trouble(bundle, noise)] == ["collapse"]  # grey, as every untrained generator
    own = bundle.sample(64, seed=9)
    assert not sample_trouble(bundle, own)  # as different as the data is
    with torch.no_grad():
        next(bundle.generator.parameters()).zero_()  # the latent no longer enters
    (found,) = sample_trouble(bundle, own)
    assert found.kind == "collapse" and "they differ by 0.000" in found.message


def strengthened(run, factor=20.0):
    """A bundle whose first layer counts more, so that what enters it is seen."""
    bundle = run_bundle(run)
    with torch.no_grad():
        for parameter in bundle.generator.parameters():
            if parameter.dim() > 1:
                parameter.mul_(factor if parameter.dim() < 4 else 3.0)
    return bundle


def test_a_generator_that_ignores_a_label_is_named():
    run = build(tiny_recipe("wgan_gp", labels=("type",)), discover())
    bundle = strengthened(run)
    own = bundle.sample(64, seed=9)
    assert not sample_trouble(bundle, own)
    with torch.no_grad():
        for name, parameter in bundle.generator.named_parameters():
            if "label" in name:
                parameter.zero_()
    (found,) = [item for item in sample_trouble(bundle, own) if item.kind == "labels"]
    assert (found.kind, found.term) == ("labels", "type") and "--model acgan" in found.message


def test_a_generator_that_ignores_its_guides_is_found():
    run = build(tiny_recipe("cgan", guide="edges"), discover())
    bundle = strengthened(run)
    lines = (torch.rand(SAMPLES, 1, 16, 16, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    own = bundle.sample(SAMPLES, seed=9, guide=lines)
    assert "guides" not in [item.kind for item in sample_trouble(bundle, own, lines)]
    same = lines[:1].expand(SAMPLES, -1, -1, -1)  # a guide that never changes is one that cannot count
    assert "guides" in [item.kind for item in sample_trouble(bundle, own, same)]


def test_distances_are_root_mean_squares_of_what_can_be_seen():
    a, b = torch.zeros(1, 3, 4, 4, dtype=torch.uint8), torch.full((1, 3, 4, 4), 255, dtype=torch.uint8)
    assert float(distance(a, b)) == pytest.approx(1.0)
    assert diversity(torch.cat([a, b, a])) == pytest.approx(2 / 3)
    clear = torch.zeros(1, 4, 4, 4, dtype=torch.uint8)
    hidden = clear.clone()
    hidden[:, :3] = 200
    assert float(distance(clear, hidden)) == 0
