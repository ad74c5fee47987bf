"""The reference networks and upsamplers, against finite differences, float64 autograd and plain arithmetic."""

import copy
import dataclasses
import subprocess
import sys

import pytest
import torch
from torch import nn

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition
from zoo_core.nets import options as net_options
from zoo_core.nets.condition import LabelEmbedding, with_guide
from zoo_core.nets.critic import AveragedConv2d, ConvCritic
from zoo_core.nets.generator import ConvGenerator
from zoo_core.nets.layers import initialise
from zoo_core.nets.options import (
    ACTIVATIONS,
    INITS,
    NORMS,
    BilinearOptions,
    ConvCriticOptions,
    ConvGeneratorOptions,
    NearestOptions,
    PixelShuffleOptions,
    TransposedOptions,
)
from zoo_core.nets.upsamplers import Bilinear, FoldedNearest, Nearest, PixelShuffle, Transposed
from zoo_core.options import describe
from zoo_core.space import Space

SIZES = (16, 24, 48, 64, 80, 96, 112, 128)
UPSAMPLERS = {
    "transposed": Transposed(TransposedOptions()),
    "nearest": Nearest(NearestOptions()),
    "bilinear": Bilinear(BilinearOptions()),
    "pixelshuffle": PixelShuffle(PixelShuffleOptions()),
}
LABELS = {"type": ("fire", "water", "grass"), "legs": ("two", "four")}
NARROW = {"width": 2, "max_width": 6}
LATENT = 3


def conditioned(kind, size, channels=3, n=2):
    """A space of one kind of conditioning and a condition that fits it."""
    space = Space(size, channels, LABELS if "labels" in kind else {}, guide=2 if "guide" in kind else 0)
    labels = torch.tensor([[0, 1], [2, -1], [1, 0], [-1, -1]])[:n] if "labels" in kind else None
    guide = torch.rand(n, 2, size, size, generator=torch.Generator().manual_seed(5)) if "guide" in kind else None
    return space, Condition(labels, guide)


def generator(space, upsampler="transposed", seed=0, **options):
    torch.manual_seed(seed)
    return ConvGenerator(space, LATENT, UPSAMPLERS[upsampler], ConvGeneratorOptions(**(NARROW | {"embedding": 4} | options)))


def critic(space, out=1, vector=0, seed=0, **options):
    torch.manual_seed(seed)
    return ConvCritic(space, out, vector, ConvCriticOptions(**(NARROW | {"hidden": 12} | options)))


def cast(condition, dtype):
    return Condition(condition.labels, None if condition.guide is None else condition.guide.to(dtype))


# --- every shape ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "labels", "guide"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", SIZES)
def test_every_size_channel_and_condition(size, channels, kind):
    space, condition = conditioned(kind, size, channels)
    z = torch.randn(2, LATENT)
    for name in UPSAMPLERS:
        images = generator(space, name)(z, condition)
        assert images.shape == (2, channels, size, size)
        assert images.isfinite().all() and images.abs().max() <= 1 and images.std() > 0
    net = critic(space, out=5)
    assert net(images, condition).shape == (2, 5)
    assert net.input_gradient(images, condition).shape == images.shape


@pytest.mark.parametrize("size", [15, 100, 36, 257])
def test_a_size_that_cannot_be_halved_is_refused_with_one_that_can(size):
    for build in (generator, critic):
        with pytest.raises(ZooError, match="type --size"):
            build(Space(size))
    assert "type --size" in ConvGeneratorOptions().fits(Space(size))
    assert ConvCriticOptions().fits(Space(96)) is None
    assert critic(Space(size), vector=4)(torch.zeros(2, 4), Condition()).shape == (2, 1)  # vectors have no size


def test_defaults_give_generator_and_critic_the_same_channels_at_every_resolution():
    space = Space(64)
    g, c = (
        ConvGenerator(space, 8, UPSAMPLERS["transposed"], ConvGeneratorOptions()),
        ConvCritic(space, 1, 0, ConvCriticOptions()),
    )
    up = [m.weight.shape[:2] for m in g.modules() if isinstance(m, nn.ConvTranspose2d)]
    down = [m.weight.shape[:2] for m in c.modules() if isinstance(m, nn.Conv2d)]
    assert up == [(256, 128), (128, 64), (64, 32), (32, 16)]
    assert down == [(32, 3), (64, 32), (128, 64), (256, 128)]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("init", INITS)
def test_options_combine(norm, init):
    space, condition = conditioned("labels guide", 16)
    for i, activation in enumerate(ACTIVATIONS):
        both = {"norm": norm, "init": init, "activation": activation, "depth": 1 + i % 3, "dropout": 0.5 * (i % 2)}
        images = generator(space, list(UPSAMPLERS)[i % 4], **both)(torch.randn(2, LATENT), condition)
        assert images.isfinite().all()
        assert critic(space, 2, **both)(images, condition).isfinite().all()
        assert critic(space, 2, vector=5, **both)(torch.randn(2, 5), condition).isfinite().all()


@pytest.mark.parametrize("size", [2, 8, 14])
def test_an_averaged_convolution_is_a_convolution_and_means_over_two_by_two(size):
    torch.manual_seed(0)
    layer, x = AveragedConv2d(3, 5).double(), torch.randn(2, 3, size, size, dtype=torch.float64)
    plain = nn.functional.avg_pool2d(nn.functional.conv2d(x, layer.weight, layer.bias, padding=1), 2)
    torch.testing.assert_close(layer(x), plain)
    found, exact = (torch.autograd.grad(y.square().sum(), (layer.weight, layer.bias)) for y in (layer(x), plain))
    for a, b in zip(found, exact, strict=True):
        torch.testing.assert_close(a, b)


def test_averaged_halving_keeps_the_first_kernel_free_and_draws_no_grid_behind_it():
    """The gradient of a sum of features is the same at every pixel inside, where a free 4x4 kernel makes it alternate."""
    space = Space(32)
    averaged, strided = (critic(space, halving=halving, init="torch") for halving in ("averaged", "strided"))
    assert [m.kernel_size for m in averaged.modules() if isinstance(m, nn.Conv2d)] == [(4, 4), (3, 3), (3, 3)]
    for net, even in ((averaged, True), (strided, False)):
        x = torch.zeros(1, 2, 16, 16, requires_grad=True)
        inside = torch.autograd.grad(net.blocks[1][0](x).sum(), x)[0][:, :, 2:-2, 2:-2]
        assert (inside.std((2, 3)).max() < 1e-6) == even


# --- what holds for a network ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("upsampler", UPSAMPLERS)
def test_samples_do_not_depend_on_their_batch_in_eval(upsampler, norm):
    space, condition = conditioned("labels guide", 24, n=4)
    g, c = generator(space, upsampler, norm=norm).eval(), critic(space, 3, norm=norm).eval()
    z = torch.randn(4, LATENT)
    images = g(z, condition)
    scores = c(images, condition)
    for i in range(4):
        one = Condition(condition.labels[i : i + 1], condition.guide[i : i + 1])
        torch.testing.assert_close(g(z[i : i + 1], one), images[i : i + 1], atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(c(images[i : i + 1], one), scores[i : i + 1], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("norm", ["none", "spectral"])
@pytest.mark.parametrize("upsampler", UPSAMPLERS)
def test_gradients_reach_every_parameter(upsampler, norm):
    space, condition = conditioned("labels guide", 24)
    wide = {"width": 8, "max_width": 8, "depth": 2, "init": "kaiming", "activation": "leaky_relu", "norm": norm}
    g, c = generator(space, upsampler, **wide), critic(space, 2, **wide)
    (c(g(torch.randn(2, LATENT), condition), condition) * torch.tensor([1.0, -2.0])).sum().backward()
    for name, parameter in [*g.named_parameters(), *c.named_parameters()]:
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_the_padding_row_of_the_labels_stays_zero_in_training():
    space, condition = conditioned("labels", 16, n=4)
    g = generator(space)
    optimizer = torch.optim.Adam(g.parameters(), 0.1, weight_decay=0.1)
    for _ in range(3):
        g(torch.randn(4, LATENT), condition).sum().backward()
        optimizer.step()
    for table in g.labels.tables:
        assert (table.weight[0] == 0).all() and (table.weight[1:] != 0).all()


@pytest.mark.parametrize("norm, init", list(zip(NORMS[1:], reversed(INITS), strict=True)))
def test_nets_are_built_on_the_meta_device(norm, init):
    space, _ = conditioned("labels guide", 16)
    with torch.device("meta"):
        nets = [generator(space, name, norm=norm, init=init) for name in UPSAMPLERS]
        nets += [critic(space, norm=norm, init=init), critic(space, vector=4, norm=norm, init=init)]
    assert all(p.is_meta for net in nets for p in [*net.parameters(), *net.buffers()])
    real = critic(space, norm=norm, init=init)
    assert {k: v.shape for k, v in real.state_dict().items()} == {k: v.shape for k, v in nets[-2].state_dict().items()}


@pytest.mark.parametrize("norm", ["batch", "spectral"])
def test_the_same_seed_builds_the_same_network_and_a_state_restores_it(norm):
    space, condition = conditioned("labels guide", 16)
    z, x = torch.randn(2, LATENT), torch.rand(2, 3, 16, 16)
    for build, given_ in ((generator, z), (critic, x)):
        first, again, other = build(space, norm=norm), build(space, norm=norm), build(space, norm=norm, seed=1)
        state = {k: v.clone() for k, v in first.state_dict().items()}
        assert all(torch.equal(a, b) for a, b in zip(state.values(), again.state_dict().values(), strict=True))
        assert not torch.equal(first(given_, condition), other(given_, condition))
        other.load_state_dict(state)
        assert torch.equal(copy.deepcopy(other).eval()(given_, condition), again.eval()(given_, condition))


@pytest.mark.parametrize("upsampler", UPSAMPLERS)
def test_channels_last_computes_the_same(upsampler):
    space, condition = conditioned("labels guide", 32)
    g, c = generator(space, upsampler).double(), critic(space, 2).double()
    z, condition = torch.randn(2, LATENT).double(), cast(condition, torch.float64)
    images = g(z, condition)
    scores, gradient = c(images, condition), c.input_gradient(images, condition)
    g, c = g.to(memory_format=torch.channels_last), c.to(memory_format=torch.channels_last)
    again = g(z, condition)
    last = again.contiguous(memory_format=torch.channels_last)
    for a, b in ((again, images), (c(last, condition), scores), (c.input_gradient(last, condition), gradient)):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


# --- conditions ------------------------------------------------------------------------------------------------------


def test_label_minus_one_is_no_label_and_label_zero_is_a_label():
    space, _ = conditioned("labels", 16)
    z, x, v = torch.randn(1, LATENT), torch.rand(1, 3, 16, 16), torch.randn(1, 4)
    for net, given_ in ((generator(space).eval(), z), (critic(space), x), (critic(space, vector=4), v)):
        absent = net(given_, Condition())
        assert torch.equal(net(given_, Condition(torch.tensor([[-1, -1]]))), absent)
        seen = [net(given_, Condition(torch.tensor([[i, j]]))) for i in (-1, 0, 1, 2) for j in (-1, 0, 1)]
        assert all(not torch.equal(a, b) for i, a in enumerate(seen) for b in seen[:i])


def test_label_embeddings_of_attributes_are_summed():
    space, _ = conditioned("labels", 16)
    net = LabelEmbedding(space, 5)
    first, second = (table.weight for table in net.tables)
    like = torch.zeros(2, 1)
    found = net(Condition(torch.tensor([[2, 0], [-1, 1]])), like)
    torch.testing.assert_close(found, torch.stack([first[3] + second[1], second[2]]))
    for bad in ([[3, 0]], [[0, 2]], [[-2, 0]]):
        with pytest.raises(IndexError):
            net(Condition(torch.tensor(bad)), like[:1])
    with pytest.raises(ValueError):
        net(Condition(torch.tensor([[0]])), like[:1])


def test_labels_of_data_without_labels_are_ignored():
    net = generator(Space(16)).eval()
    z = torch.randn(2, LATENT)
    assert torch.equal(net(z, Condition(torch.zeros(2, 0, dtype=torch.int64))), net(z, Condition()))


def test_projection_is_the_inner_product_with_the_mean_features():
    space, condition = conditioned("labels", 16)
    wide = critic(space, vector=4, hidden=4096).labels.tables[0].weight[1:]  # inner products of unit features start near 1
    assert 0.9 < float((wide.detach().square().sum(1)).mean()) < 1.1
    net = critic(space, 3)
    x = torch.rand(2, 3, 16, 16)
    features = net.blocks[1](net.blocks[0](x))
    inner = torch.einsum("nchw,nc->n", features, net.labels(condition, x)) / 16
    torch.testing.assert_close(net(x, condition) - net(x, Condition()), inner[:, None].expand(2, 3), rtol=1e-4, atol=1e-6)


def test_guide_is_averaged_over_areas():
    guide = torch.rand(2, 3, 16, 16)
    x = torch.rand(2, 5, 4, 4)
    found = with_guide(x, Condition(guide=guide), 3)
    assert torch.equal(found[:, :5], x)
    torch.testing.assert_close(found[:, 5:], guide.unfold(2, 4, 4).unfold(3, 4, 4).mean((4, 5)))
    assert torch.equal(with_guide(x, Condition(), 3)[:, 5:], torch.zeros(2, 3, 4, 4))
    assert with_guide(x, Condition(guide=guide), 0) is x


@pytest.mark.parametrize("upsampler", UPSAMPLERS)
def test_the_guide_steers_the_image_where_it_is_drawn(upsampler):
    space, _ = conditioned("guide", 32)
    net = generator(space, upsampler, width=8, max_width=8, init="kaiming", norm="none").eval()
    z = torch.randn(1, LATENT)
    guide = torch.zeros(1, 2, 32, 32)
    drawn = guide.clone()
    drawn[:, :, 5, 20] = 1
    change = (net(z, Condition(guide=drawn)) - net(z, Condition(guide=guide))).abs().sum(1)[0]
    assert change[4:7, 19:22].mean() > 3 * change.mean() > 0
    torch.testing.assert_close(net(z, Condition(guide=guide)), net(z, Condition()))


@pytest.mark.parametrize("upsampler", UPSAMPLERS)
def test_every_stage_and_the_head_see_the_guide_at_their_resolution(upsampler):
    space, condition = conditioned("guide", 24)
    net = generator(space, upsampler)
    seen = []
    for module in [*net.stages, net.head]:
        module.register_forward_pre_hook(lambda _, args: seen.append(args[0][:, -2:]))
    net(torch.randn(2, LATENT), condition)
    assert [guide.shape[-1] for guide in seen] == [6, 12, 24]
    for guide in seen:
        step = 24 // guide.shape[-1]
        torch.testing.assert_close(guide, condition.guide.unfold(2, step, step).unfold(3, step, step).mean((4, 5)))


# --- initial weights and spectral norm -------------------------------------------------------------------------------


def test_dcgan_weights_have_deviation_two_percent():
    net = generator(Space(32), width=16, max_width=64)
    weights = torch.cat([m.weight.flatten() for m in net.modules() if isinstance(m, nn.ConvTranspose2d | nn.Linear)])
    scales = torch.cat([m.weight for m in net.modules() if isinstance(m, nn.BatchNorm2d)])
    assert abs(weights.std() / 0.02 - 1) < 0.02 and abs(weights.mean()) < 1e-3
    assert abs(scales.mean() - 1) < 0.01 and 0.015 < scales.std() < 0.025


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(32, 64, 3, padding=1),
        nn.Conv2d(32, 64, 4, 2, 1),
        nn.ConvTranspose2d(32, 64, 4, 2, 1),
        FoldedNearest(32, 64, 3),
    ],
)
def test_kaiming_keeps_the_second_moment_through_relu(layer):
    torch.manual_seed(0)
    initialise(layer, "kaiming")
    x = torch.relu(torch.randn(4, 32, 32, 32)) * 2**0.5  # second moment 1
    if isinstance(layer, FoldedNearest):  # its rule is that of the convolution after the doubling, whose inputs are all equal
        x = x[:, :, :1, :1].expand_as(x)
    out = torch.relu(layer(x)[:, :, 4:-4, 4:-4])
    assert 0.8 < float(out.detach().square().mean()) < 1.2


def test_orthogonal_rows_are_orthogonal():
    layer = nn.Linear(20, 7)
    initialise(layer, "orthogonal")
    torch.testing.assert_close(layer.weight @ layer.weight.T, 2 * torch.eye(7), atol=1e-5, rtol=1e-5)


def test_spectral_norm_gives_every_layer_the_largest_singular_value_one():
    space, condition = conditioned("labels guide", 16)
    g, c = generator(space, "nearest", norm="spectral"), critic(space, norm="spectral")
    for _ in range(100):
        c(g(torch.randn(2, LATENT), condition), condition)
    layers = [m for net in (g, c) for m in net.modules() if hasattr(m, "parametrizations")]
    assert len(layers) == 1 + 2 + 1 + 2 + 1 + 2  # seed, stages, head; blocks, readout, label tables
    for layer in layers:
        assert abs(float(torch.linalg.svdvals(layer.eval().weight.detach().flatten(1))[0]) - 1) < 1e-3


# --- options ---------------------------------------------------------------------------------------------------------


def test_options_are_described_bounded_and_imported_without_torch():
    configs = [value for name, value in vars(net_options).items() if name.endswith("Options")]
    assert len(configs) == 7
    for config in configs:
        for item in describe(config):
            assert item.bounds.help and item.bounds.problem(item.default) is None
        with pytest.raises(dataclasses.FrozenInstanceError):
            config().kernel = 7
    code = "import sys, zoo_core.nets.options; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
