"""The networks of Chen et al."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize
from zoo_chen.networks import ChenCritic, ChenGenerator
from zoo_chen.options import ChenCriticOptions, ChenGeneratorOptions

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition
from zoo_core.nets.options import TransposedOptions
from zoo_core.nets.upsamplers import Transposed
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import tiny_recipe, trained
from zoo_train.plan import plan
from zoo_train.run import build

UPSAMPLER = Transposed(TransposedOptions())
NONE = Condition()
SMALL = {"width": 2, "max_width": 8}


def generator(space=None, latent=100, **options):
    torch.manual_seed(0)
    return ChenGenerator(space or Space(32), latent, UPSAMPLER, ChenGeneratorOptions(**options))


def critic(space=None, out=1, **options):
    torch.manual_seed(0)
    return ChenCritic(space or Space(32), out, 0, ChenCriticOptions(**options))


def layers(net, *kinds):
    return [layer for layer in net.modules() if isinstance(layer, kinds)]


def shapes(net, kind, *inputs):
    seen = []
    for layer in layers(net, kind):
        layer.register_forward_hook(lambda layer, given, answer: seen.append(tuple(answer.shape[1:])))
    net.eval()(*inputs)
    return seen


def trainable(net):
    return sum(p.numel() for p in net.parameters())


def test_four_transposed_convolutions_at_32_px():
    net = generator()
    found = shapes(net, nn.ConvTranspose2d, torch.randn(1, 100), NONE)
    assert found == [(1024, 4, 4), (512, 8, 8), (256, 16, 16), (3, 32, 32)]
    convolutions = layers(net, nn.ConvTranspose2d)
    assert [layer.kernel_size for layer in convolutions] == [(4, 4)] * 4
    assert [layer.stride[0] for layer in convolutions] == [1, 2, 2, 2]
    assert len(layers(net, nn.BatchNorm2d)) == len(layers(net, nn.ReLU)) == 3 and not layers(net, nn.Linear)
    weights = 16 * (100 * 1024 + 1024 * 512 + 512 * 256 + 256 * 3)
    assert trainable(net) == weights + 2 * (1024 + 512 + 256) + 3


def test_four_convolutions_with_instance_norm_at_32_px():
    net = critic()
    found = shapes(net, nn.Conv2d, torch.randn(1, 3, 32, 32), NONE)
    assert found == [(256, 16, 16), (512, 8, 8), (1024, 4, 4), (1, 1, 1)]
    norms = layers(net, nn.InstanceNorm2d)
    assert [norm.num_features for norm in norms] == [256, 512, 1024]
    assert all(norm.affine and not norm.track_running_stats for norm in norms)
    assert [layer.negative_slope for layer in layers(net, nn.LeakyReLU)] == [0.2] * 3
    assert not layers(net, nn.Linear, nn.Sigmoid, nn.BatchNorm2d)
    weights = 16 * (3 * 256 + 256 * 512 + 512 * 1024 + 1024)
    assert trainable(net) == weights + 3 * (256 + 512 + 1024) + 1


def test_five_layers_at_64_px():
    found = shapes(generator(Space(64), width=128), nn.ConvTranspose2d, torch.randn(1, 100), NONE)
    assert found == [(1024, 4, 4), (512, 8, 8), (256, 16, 16), (128, 32, 32), (3, 64, 64)]
    found = shapes(critic(Space(64), width=128), nn.Conv2d, torch.randn(1, 3, 64, 64), NONE)
    assert found == [(128, 32, 32), (256, 16, 16), (512, 8, 8), (1024, 4, 4), (1, 1, 1)]


@pytest.mark.parametrize("size", [16, 24, 28, 48, 80, 96, 128])
def test_other_sizes(size):
    image = generator(Space(size, 4), 5, **SMALL).eval()(torch.randn(1, 5), NONE)  # a batch of one keeps its axis
    assert image.shape == (1, 4, size, size) and image.abs().max() <= 1
    assert critic(Space(size, 4), 3, **SMALL)(image, NONE).shape == (1, 3)


def test_what_does_not_fit_is_refused():
    for make in (generator, critic):
        with pytest.raises(ZooError, match="type --size 48"):
            make(Space(50))
    with pytest.raises(ZooError, match="--critic conv"):
        ChenCritic(Space(32), 1, 100, ChenCriticOptions())


@pytest.mark.parametrize(("norm", "mixes"), [("instance", False), ("layer", False), ("none", False), ("batch", True)])
def test_only_batch_norm_mixes_images(norm, mixes):
    net, x = critic(Space(16), norm=norm, **SMALL).train(), torch.randn(4, 3, 16, 16)
    other = torch.cat([x[:1], 2 * x[1:].flip(1)])
    assert (not torch.allclose(net(x, NONE)[:1], net(other, NONE)[:1], atol=1e-6)) == mixes


def test_spectral_norm_is_on_the_second_and_third_convolution():
    net = critic(spectral=True, **SMALL).train()
    convolutions = layers(net, nn.Conv2d)
    assert [parametrize.is_parametrized(layer) for layer in convolutions] == [False, True, True, False]
    for _ in range(100):
        net(torch.randn(2, 3, 32, 32), NONE)
    for layer in convolutions[1:3]:
        largest = torch.linalg.svdvals(layer.eval().weight.flatten(1))[0]
        torch.testing.assert_close(largest, torch.ones(()), atol=1e-3, rtol=0)
    assert not any(map(parametrize.is_parametrized, layers(critic(), nn.Conv2d)))


def test_conditions_matter():
    labels = {"type": ("fire", "water"), "legs": ("two", "four")}
    space = Space(16, 3, labels, guide=1)
    make, judge = generator(space, 5, **SMALL).eval(), critic(space, **SMALL).eval()
    z, x, guide = torch.randn(1, 5), torch.randn(1, 3, 16, 16), torch.rand(1, 1, 16, 16)
    conditions = [
        Condition(torch.tensor([row]), picture)
        for row, picture in (([0, 0], guide), ([1, 0], guide), ([-1, 0], guide), ([0, 0], guide.square()))
    ]
    for answers in ([make(z, c) for c in conditions], [judge(x, c) for c in conditions]):
        assert all(not torch.allclose(answers[0], other, atol=1e-7) for other in answers[1:])


def test_the_settings_are_the_papers():
    recipe = plan(discover(), model="wgan_gp_chen", dataset="creatures", size=32, budget=Budget(steps=1))
    options = recipe.options["objective"]
    assert (options["penalty"], options["critic_steps"], options["latent"], options["norm_over"]) == (10, 5, 100, "image")
    train = recipe.train
    assert (train.batch, train.optimizer, train.lr, train.beta1, train.beta2) == (64, "adam", 1e-4, 0.5, 0.999)
    assert trainable(build(recipe, discover()).nets["generator"]) == 12_140_035


@pytest.mark.parametrize("settings", [[], ["objective.norm_over=channels"], ["critic.spectral=true"], ["critic.norm=batch"]])
def test_it_trains(settings):
    run = trained(tiny_recipe("wgan_gp_chen", settings), 2)
    assert all(p.isfinite().all() for net in run.nets.values() for p in net.parameters())
