"""Xiang's networks: the paper's tables, its batch norm, its settings; every size, condition and option."""

from __future__ import annotations

import importlib.metadata

import pytest
import torch
from torch import nn
from zoo_xiang128.networks import XiangCritic, XiangGenerator
from zoo_xiang128.options import CriticOptions, GeneratorOptions

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition
from zoo_core.nets.options import NORMS, TransposedOptions
from zoo_core.nets.upsamplers import Transposed
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.plan import plan
from zoo_train.run import build

UPSAMPLER = Transposed(TransposedOptions())
NONE = Condition()
SMALL = {"width": 2, "max_width": 8}
OBJECTIVES = {"xiang_wgan": "zoo-wgan-clip", "xiang_gan": "zoo-dcgan"}


def needs(distribution):
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{distribution} is not installed")


def generator(space=None, latent=100, **options):
    torch.manual_seed(0)
    return XiangGenerator(space or Space(128), latent, UPSAMPLER, GeneratorOptions(**options))


def critic(space=None, out=1, **options):
    torch.manual_seed(0)
    return XiangCritic(space or Space(128), out, 0, CriticOptions(**options))


def layers(net, *kinds):
    return [layer for layer in net.modules() if isinstance(layer, kinds)]


def shapes(net, kinds, *inputs):
    """Shapes of what every layer of these kinds answers, without the batch."""
    seen = []
    for layer in layers(net, *kinds):
        layer.register_forward_hook(lambda layer, given, answer: seen.append(tuple(answer.shape[1:])))
    net.eval()(*inputs)
    return seen


def test_the_generator_is_the_table():
    found = shapes(generator(), (nn.Linear, nn.Unflatten, nn.ConvTranspose2d), torch.randn(2, 100), NONE)
    table = [(4096,), (256, 4, 4), (128, 8, 8), (64, 16, 16), (32, 32, 32), (16, 64, 64), (3, 128, 128)]
    assert found == table
    weights = [100 * 4096, *(25 * a * b for a, b in ((256, 128), (128, 64), (64, 32), (32, 16), (16, 3)))]
    biases, norms = [4096, 128, 64, 32, 16, 3], [4096, 128, 64, 32, 16]
    assert sum(p.numel() for p in generator().parameters()) == sum(weights) + sum(biases) + 2 * sum(norms)
    assert all(layer.kernel_size == (5, 5) and layer.stride == (2, 2) for layer in layers(generator(), nn.ConvTranspose2d))
    assert len(layers(generator(), nn.ReLU)) == 5 and len(layers(generator(), nn.Tanh)) == 1


def test_the_critic_is_the_table():
    found = shapes(critic(), (nn.Conv2d,), torch.randn(2, 3, 128, 128), NONE)
    assert found == [(16, 64, 64), (32, 32, 32), (64, 16, 16), (128, 8, 8), (1, 8, 8)]
    weights = [25 * a * b for a, b in ((3, 16), (16, 32), (32, 64), (64, 128))]
    assert sum(p.numel() for p in critic().parameters()) == sum(weights) + (16 + 32 + 64 + 128) * 3 + 128 + 1
    assert [layer.negative_slope for layer in layers(critic(), nn.LeakyReLU)] == [0.2] * 4
    block = [type(layer) for layer in critic().blocks[0]]
    assert block == [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]  # norm, then activation, from the first layer on


def test_the_score_is_the_mean_of_the_map():
    net, x = critic().eval(), torch.randn(3, 3, 128, 128)
    scores = net.score_map(x, NONE)
    assert scores.shape == (3, 1, 8, 8)
    torch.testing.assert_close(net(x, NONE), scores.flatten(2).mean(2))
    # The dense layer sees one position at a time: the map is a linear function of the channels there.
    features = net.blocks(x)
    by_hand = torch.einsum("nchw,oc->nohw", features, net.readout.weight[:, :, 0, 0]) + net.readout.bias[:, None, None]
    torch.testing.assert_close(scores, by_hand)


@pytest.mark.parametrize("make", [generator, critic])
def test_batch_norm_keeps_80_percent_of_the_old(make):
    norms = layers(make(Space(16), **SMALL), nn.BatchNorm1d, nn.BatchNorm2d)
    assert norms
    for norm in norms:
        x = torch.randn(64, norm.num_features, *([3, 3] if isinstance(norm, nn.BatchNorm2d) else [])) + 5
        norm.train().running_mean.fill_(1.0)
        norm(x)
        batch = x.transpose(0, 1).flatten(1).mean(1)
        torch.testing.assert_close(norm.running_mean, 0.8 * torch.ones_like(batch) + 0.2 * batch)


@pytest.mark.parametrize("size", [16, 24, 28, 48, 64, 80, 96, 128, 256])
@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_other_sizes_and_kernels(size, kernel):
    space = Space(size, 4)
    image = generator(space, 5, kernel=kernel, **SMALL).eval()(torch.randn(1, 5), NONE)
    assert image.shape == (1, 4, size, size) and image.abs().max() <= 1
    net = critic(space, 2, kernel=kernel, **SMALL).eval()
    assert net(image, NONE).shape == (1, 2)
    m = next(m for m in (4, 5, 6, 7) if size % m == 0 and (size // m).bit_count() == 1)
    assert net.score_map(image, NONE).shape == (1, 2, 2 * m, 2 * m)


@pytest.mark.parametrize(("space", "options"), [(Space(50), {}), (Space(128), {"kernel": 4}), (Space(272), {})])
@pytest.mark.parametrize("make", [generator, critic])
def test_what_does_not_fit_is_refused(make, space, options):
    with pytest.raises(ZooError, match="type"):
        make(space, **options)


def test_codes_are_refused():
    with pytest.raises(ZooError, match="--critic conv"):
        XiangCritic(Space(128), 1, 100, CriticOptions())


@pytest.mark.parametrize("norm", NORMS)
def test_norms_of_the_critic(norm):
    net, x = critic(Space(16), norm=norm, dropout=0.25, **SMALL), torch.randn(4, 3, 16, 16)
    net.train()(x, NONE).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    assert bool(layers(net, nn.BatchNorm2d)) == (norm == "batch")
    net.eval()
    alone = torch.cat([net(image[None], NONE) for image in x])
    torch.testing.assert_close(net(x, NONE), alone)  # an image's score in eval mode is its own
    net.train()
    for dropout in layers(net, nn.Dropout):
        dropout.p = 0.0
    mixed = not torch.allclose(net(x, NONE)[:1], net(torch.cat([x[:1], -x[1:]]), NONE)[:1], atol=1e-5)
    assert mixed == (norm == "batch")


def test_conditions_matter():
    labels = {"type": ("fire", "water"), "legs": ("two", "four")}
    space = Space(16, 3, labels, guide=1)
    make, judge = generator(space, 5, **SMALL).eval(), critic(space, **SMALL).eval()
    z, x, guide = torch.randn(1, 5), torch.randn(1, 3, 16, 16), torch.rand(1, 1, 16, 16)
    conditions = [
        Condition(torch.tensor([row]), picture)
        for row, picture in (([0, 0], guide), ([1, 0], guide), ([-1, 0], guide), ([0, 0], 1 - guide))
    ]
    for answers in ([make(z, c) for c in conditions], [judge(x, c) for c in conditions]):
        assert all(not torch.allclose(answers[0], other, atol=1e-7) for other in answers[1:])


def test_one_image_can_be_drawn_and_a_batch_of_one_not_be_trained_on():
    net = generator(Space(16), 5, **SMALL)
    assert net.eval()(torch.randn(1, 5), NONE).shape == (1, 3, 16, 16)
    with pytest.raises(ZooError, match=r"train\.batch=2"):
        net.train()(torch.randn(1, 5), NONE)


@pytest.mark.parametrize("model", OBJECTIVES)
def test_the_settings_are_the_papers(model):
    needs(OBJECTIVES[model])
    recipe = plan(discover(), model=model, dataset="creatures", size=128, budget=Budget(steps=1))
    train = recipe.train
    assert (train.batch, train.optimizer, train.lr) == (32, "rmsprop", 5e-5)
    assert train.flip and train.vflip and train.shift > 0
    assert recipe.options["objective"]["latent"] == 100
    assert recipe.parts["generator"] == recipe.parts["critic"] == "zoo-xiang128/xiang"
    if model == "xiang_wgan":
        assert recipe.options["objective"]["clip"] == 0.01 and recipe.options["objective"]["critic_steps"] == 5
    run = build(recipe, discover())
    assert run.nets["generator"].seed[1].num_features == 4096


def test_weights_stay_inside_the_box():
    needs("zoo-wgan-clip")
    run = trained(tiny_recipe("xiang_wgan"), 3)
    assert max(p.abs().max().item() for p in run.nets["critic"].parameters()) == pytest.approx(0.01)


def test_the_critic_learns_within_the_box():
    """Its estimate of the distance grows while the generator stands still; with 1e-3 in batch norm it stays at 1e-12."""
    needs("zoo-wgan-clip")
    recipe = plan(
        discover(), model="xiang_wgan", dataset="creatures", size=64, budget=Budget(steps=1), settings=["train.batch=8"]
    )
    run = build(recipe, discover())
    run.phases, run.total = run.phases[:1], 6
    data = DeviceData(random_images(run.recipe.space), run.recipe.train, 0, run.device)
    assert [step.read()["critic/wasserstein"] for step in train(run, data)][-1] < -1e-6


@pytest.mark.parametrize(("model", "distribution"), OBJECTIVES.items())
def test_an_absent_objective_is_named(model, distribution, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-xiang128,zoo-bench")
    discover.cache_clear()
    try:
        with pytest.raises(ZooError, match=f"pip install {distribution}"):
            plan(discover(), model=model, dataset="creatures", size=128, budget=Budget(steps=1))
    finally:
        monkeypatch.undo()
        discover.cache_clear()
