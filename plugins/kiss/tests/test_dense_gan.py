"""The paper's GAN: its tables to the last parameter, every size, condition and option."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from zoo_kiss.dense_gan import KissCritic, KissGenerator
from zoo_kiss.options import KissCriticOptions, KissGeneratorOptions

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
    return KissGenerator(space or Space(64), latent, UPSAMPLER, KissGeneratorOptions(**options))


def critic(space=None, out=1, **options):
    torch.manual_seed(0)
    return KissCritic(space or Space(64), out, 0, KissCriticOptions(**options))


def layers(net, *kinds):
    return [layer for layer in net.modules() if isinstance(layer, kinds)]


def trainable(net):
    return sum(p.numel() for p in net.parameters())


def statistics(net):
    """What Keras counts as non-trainable: running means and variances."""
    return sum(value.numel() for name, value in net.named_buffers() if not name.endswith("num_batches_tracked"))


def rows(net, *inputs):
    """(channels, height, width) or (units,), and Keras's "Param #", of every layer with parameters, in order of use."""
    found = []
    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm1d, nn.BatchNorm2d)
    for layer in layers(net, *kinds):
        layer.register_forward_hook(
            lambda layer, given, answer: found.append((tuple(answer.shape[1:]), trainable(layer) + statistics(layer)))
        )
    net.eval()(*inputs)
    return found


def test_the_generator_is_the_table():
    table = [
        ((192,), 19_200),
        ((192,), 768),
        ((1024, 8, 8), 27_648),
        ((1024, 8, 8), 4_096),
        ((512, 16, 16), 13_107_200),
        ((512, 16, 16), 2_048),
        ((257, 32, 32), 3_289_600),
        ((257, 32, 32), 1_028),
        ((128, 64, 64), 296_064),
        ((128, 64, 64), 512),
        ((3, 64, 64), 3_456),
    ]
    net = generator()
    assert rows(net, torch.randn(1, 100), NONE) == table
    assert (trainable(net), statistics(net)) == (16_747_394, 4_226)
    assert len(layers(net, nn.LeakyReLU)) == 4 and not layers(net, nn.Dropout)


def test_the_discriminator_is_the_table():
    net = critic()
    found = rows(net, torch.randn(1, 3, 64, 64), NONE)
    assert found == [((64, 32, 32), 4_864), ((128, 16, 16), 204_928), ((256, 8, 8), 295_168), ((1,), 16_385)]
    assert (trainable(net), statistics(net)) == (521_345, 0)
    assert len(layers(net, nn.LeakyReLU)) == len(layers(net, nn.Dropout)) == 3 and not layers(net, nn.Sigmoid)


@pytest.mark.parametrize("model", ["gan_kiss", "wgan_kiss"])
def test_the_models_are_made_of_them(model):
    recipe = plan(discover(), model=model, dataset="creatures", size=64, budget=Budget(steps=1))
    run = build(recipe, discover())
    assert (trainable(run.nets["generator"]), trainable(run.nets["critic"])) == (16_747_394, 521_345)
    times = {phase.name: phase.times for phase in run.phases}
    assert times == ({"critic": 1, "generator": 5} if model == "wgan_kiss" else {"critic": 1, "generator": 1})
    assert recipe.options["objective"]["clip"] == (0.1 if model == "wgan_kiss" else 0)
    assert recipe.train.optimizer == "rmsprop"


def test_the_layers_before_the_table_are_conventional():
    """256 channels instead of 257 are 4 226 - 2 statistics fewer, and so on: the odd number is an option."""
    net = generator(extra=0)
    assert (trainable(net), statistics(net)) == (16_747_394 - (25 * 512 + 2 + 9 * 128), 4_226 - 2)


@pytest.mark.parametrize("size", [16, 24, 28, 48, 64, 80, 96, 128, 256])
def test_other_sizes(size):
    space = Space(size, 1)
    image = generator(space, 5, **SMALL).eval()(torch.randn(1, 5), NONE)
    assert image.shape == (1, 1, size, size) and image.abs().max() <= 1
    assert critic(space, 7, **SMALL).eval()(image, NONE).shape == (1, 7)


def test_what_does_not_fit_is_refused():
    for make in (generator, critic):
        with pytest.raises(ZooError, match="type --size 48"):
            make(Space(50))
    with pytest.raises(ZooError, match="--critic conv"):
        KissCritic(Space(64), 1, 100, KissCriticOptions())


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


def test_dropout_is_for_training_alone():
    net, x = critic(Space(16), **SMALL), torch.randn(4, 3, 16, 16)
    assert torch.equal(net.eval()(x, NONE), net(x, NONE))
    assert not torch.equal(net.train()(x, NONE), net(x, NONE))


def test_one_image_can_be_drawn_and_a_batch_of_one_not_be_trained_on():
    net = generator(Space(16), 5, **SMALL)
    assert net.eval()(torch.randn(1, 5), NONE).shape == (1, 3, 16, 16)
    with pytest.raises(ZooError, match=r"train\.batch=2"):
        net.train()(torch.randn(1, 5), NONE)


def test_the_wgan_stays_inside_its_box():
    run = trained(tiny_recipe("wgan_kiss", ["train.lr=0.05"]), 3)
    assert max(p.abs().max().item() for p in run.nets["critic"].parameters()) == pytest.approx(0.1)
