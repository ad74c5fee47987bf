"""The paper's networks: its tables to the last parameter, Keras's padding against plain sums, every size and condition."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from zoo_kiss.autoencoder import Decoder, Encoder
from zoo_kiss.dense_gan import KissCritic, KissGenerator
from zoo_kiss.edges import EdgeDense
from zoo_kiss.entries import zoo_entries
from zoo_kiss.layers import SameConv, SameTransposed, glorot
from zoo_kiss.options import DecoderOptions, EncoderOptions
from zoo_kiss.strategies import GanStrategies

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition
from zoo_core.model.build import build_generator
from zoo_core.nets.options import NearestOptions, TransposedOptions
from zoo_core.nets.upsamplers import Nearest, Transposed
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import tiny_recipe, trained
from zoo_train.plan import plan

UPSAMPLER = Transposed(TransposedOptions())
LABELS = {"type": ("fire", "water", "grass"), "legs": ("two", "four")}
SMALL = {"width": 2, "max_width": 8, "embedding": 3}
OBJECTIVES = {"vae_kiss": "zoo-vae", "aae_kiss": "zoo-aae"}


def trainable(net):
    return sum(p.numel() for p in net.parameters())


def statistics(net):
    """What Keras counts as non-trainable: running means and variances."""
    return sum(value.numel() for name, value in net.named_buffers() if not name.endswith("num_batches_tracked"))


def by_layer(net):
    kinds = nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.BatchNorm2d
    return [trainable(layer) + statistics(layer) for layer in net.modules() if isinstance(layer, kinds)]


def decoder(space=None, latent=5, upsampler=UPSAMPLER, seed=0, **options):
    torch.manual_seed(seed)
    return Decoder(space or Space(16), latent, upsampler, DecoderOptions(**(SMALL | options)))


def encoder(space=None, out=3, vector=0, **options):
    torch.manual_seed(0)
    return Encoder(space or Space(16), out, vector, EncoderOptions(**(SMALL | {"hidden": 7} | options)))


def conditioned(kind, size, channels=3):
    space = Space(size, channels, LABELS if "labels" in kind else {}, guide=1 if "guide" in kind else 0)
    labels = torch.tensor([[0, 1], [2, -1]]) if "labels" in kind else None
    return space, Condition(labels, torch.rand(2, 1, size, size) if "guide" in kind else None)


# --- the paper's tables ----------------------------------------------------------------------------------------------


def test_the_encoder_has_the_parameters_of_the_table():
    net = Encoder(Space(64), 2 * 512, 0, EncoderOptions())
    assert trainable(net) == 5_623_104 and statistics(net) == 0
    assert by_layer(net) == [896, 8256, 73856, 295168, 4195328, 2 * 524800]


def test_the_decoder_has_the_parameters_of_the_table():
    net = Decoder(Space(64), 512, UPSAMPLER, DecoderOptions())
    assert (trainable(net), statistics(net)) == (4_642_595, 960)
    assert by_layer(net) == [2101248, 1638656, 1024, 819328, 512, 73792, 256, 8224, 128, 387]


def test_the_discriminator_of_codes_has_the_parameters_of_the_table():
    net = Encoder(Space(64), 1, 512, EncoderOptions())
    assert trainable(net) == 2_185_345 and statistics(net) == 0
    assert by_layer(net) == [2101248, 65600, 18464, 33]


def test_maps_have_the_shapes_of_the_tables():
    def shapes(net, x):
        seen = []
        for layer in net.modules():
            if isinstance(layer, SameConv | SameTransposed):
                layer.register_forward_hook(lambda *call: seen.append(tuple(call[2].shape[1:])))
        net(x, Condition())
        return seen

    torch.manual_seed(0)
    down = [(32, 32, 32), (64, 16, 16), (128, 8, 8), (256, 4, 4)]
    assert shapes(Encoder(Space(64), 1024, 0, EncoderOptions()), torch.zeros(1, 3, 64, 64)) == down
    up = [(256, 8, 8), (128, 16, 16), (64, 32, 32), (32, 64, 64), (3, 64, 64)]
    assert shapes(Decoder(Space(64), 512, UPSAMPLER, DecoderOptions()).eval(), torch.zeros(1, 512)) == up
    assert shapes(Encoder(Space(64), 1, 512, EncoderOptions()), torch.zeros(1, 512)) == [(64, 2, 2), (32, 1, 1)]


# --- padding ---------------------------------------------------------------------------------------------------------


def plain_convolution(x, weight, bias, stride):
    """(1, cin, H, W) by the definition: output i sees inputs i * stride - before + k, zero where there are none."""
    kernel, size = weight.shape[-1], x.shape[-1]
    out = torch.zeros(1, len(weight), size // stride, size // stride, dtype=x.dtype) + bias.view(1, -1, 1, 1)
    # Keras: max((ceil(size / stride) - 1) * stride + kernel - size, 0), the smaller half in front
    before = ((size // stride - 1) * stride + kernel - size) // 2
    for i in range(size // stride):
        for j in range(size // stride):
            for k in range(kernel):
                for m in range(kernel):
                    row, column = i * stride - before + k, j * stride - before + m
                    if 0 <= row < size and 0 <= column < size:
                        out[0, :, i, j] += weight[:, :, k, m] @ x[0, :, row, column]
    return out


@settings(max_examples=25, deadline=None)
@given(kernel=st.integers(1, 5), stride=st.integers(1, 2), half=st.integers(1, 4), seed=st.integers(0, 10**6))
def test_convolutions_equal_the_plain_sum_and_transposed_ones_their_adjoint(kernel, stride, half, seed):
    kernel, size = max(kernel, stride), 2 * half
    torch.manual_seed(seed)
    down = SameConv(2, 3, kernel, stride).double()
    x = torch.randn(1, 2, size, size, dtype=torch.float64)
    y = down(x)
    torch.testing.assert_close(y, plain_convolution(x, down.conv.weight, down.conv.bias, stride))
    up = SameTransposed(3, 2, kernel, stride).double()
    with torch.no_grad():
        up.conv.weight.copy_(down.conv.weight)
        up.conv.bias.zero_()
        down.conv.bias.zero_()
    other = torch.randn_like(y)
    assert up(other).shape == x.shape
    torch.testing.assert_close((down(x) * other).sum(), (x * up(other)).sum())


def test_a_glorot_start_stays_in_its_bounds():
    net = nn.Sequential(nn.Linear(30, 70), nn.Conv2d(4, 8, 3))
    torch.manual_seed(0)
    glorot(net)
    for layer, fans in zip(net, (30 + 70, (4 + 8) * 9), strict=True):
        bound = (6 / fans) ** 0.5
        assert 0.9 * bound < layer.weight.abs().max() <= bound and not layer.bias.any()


# --- every size and condition ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "labels", "guide", "labels and guide"])
@pytest.mark.parametrize(("size", "channels"), [(16, 1), (32, 3), (48, 4), (64, 3), (96, 3), (128, 3)])
def test_shapes_and_range(size, channels, kind):
    space, condition = conditioned(kind, size, channels)
    net = decoder(space).eval()
    image = net(torch.randn(2, 5), condition)
    assert image.shape == (2, channels, size, size) and image.abs().max() <= 1
    torch.testing.assert_close(net(torch.zeros(1, 5), Condition()), net(torch.zeros(2, 5), Condition())[:1])
    assert encoder(space)(image, condition).shape == (2, 3)
    assert encoder(space, 1, 5)(torch.randn(2, 5), condition).shape == (2, 1)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (decoder, (5,)),
        (encoder, (3, 16, 16)),
        (lambda space: encoder(space, 2, 5, activation="elu"), (5,)),  # a narrow network of relu may be dead
    ],
    ids=["decoder", "encoder", "codes"],
)
def test_labels_matter_and_an_absent_one_is_label_minus_one(make, shape):
    space, _ = conditioned("labels", 16)
    net, x = make(space).eval(), torch.randn(1, *shape)
    answers = {label: net(x, Condition(torch.tensor([list(label)]))) for label in [(0, 0), (1, 0), (0, 1), (-1, -1)]}
    torch.testing.assert_close(answers[-1, -1], net(x, Condition()))
    pairs = [(a, b) for a in answers for b in answers if a < b]
    assert all(not torch.equal(answers[a], answers[b]) for a, b in pairs)


def test_the_guide_matters_to_images_and_not_to_codes():
    space, condition = conditioned("guide", 16)
    z, x = torch.randn(2, 5), torch.randn(2, 3, 16, 16)
    net = decoder(space).eval()
    assert not torch.equal(net(z, condition), net(z, Condition()))
    assert not torch.equal(encoder(space)(x, condition), encoder(space)(x, Condition()))
    codes = encoder(space, 1, 5)
    assert torch.equal(codes(z, condition), codes(z, Condition()))


def test_the_upsampler_is_ignored():
    ours, theirs = decoder().eval(), decoder(upsampler=Nearest(NearestOptions())).eval()
    z = torch.randn(2, 5)
    assert torch.equal(ours(z, Condition()), theirs(z, Condition()))


@pytest.mark.parametrize("first", [True, False])
def test_batch_norm_comes_before_the_activation_or_after_it(first):
    """Relu makes what it gives non-negative; batch norm in training gives every channel a mean of 0."""
    net = decoder(activation="relu", norm_first=first)
    seen = []
    for stage in net.stages:
        stage.register_forward_hook(lambda *call: seen.append(call[2]))
    net(torch.randn(20, 5), Condition())
    for x in seen:
        assert (x.min().item() >= 0) == first
        assert (x.mean((0, 2, 3)).abs().max().item() < 1e-4) == (not first)


@pytest.mark.parametrize("make", [lambda space: decoder(space), lambda space: encoder(space)], ids=["decoder", "encoder"])
def test_a_size_that_cannot_be_halved_says_which_can(make):
    with pytest.raises(ZooError, match=r"size 50 does not fit.*type --size 48"):
        make(Space(50))


def test_gradients_reach_every_weight():
    space, condition = conditioned("labels and guide", 32)
    net, judge, codes = (
        decoder(space, activation="elu"),
        encoder(space, activation="elu"),
        encoder(space, 1, 5, activation="elu"),
    )
    z = torch.randn(2, 5)
    (judge(net(z, condition), condition).square().sum() + codes(z, condition).square().sum()).backward()
    for part in (net, judge, codes):
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())


# --- the entries -------------------------------------------------------------------------------------------------------


def test_the_decoder_is_made_by_its_id():
    made = build_generator(
        {"generator": "zoo-kiss/kiss_decoder", "upsampler": "zoo-core/nearest"}, {}, Space(32), 7, discover()
    )
    assert isinstance(made, Decoder) and made.latent == 7


@pytest.mark.parametrize("model", OBJECTIVES)
def test_models_train_where_their_objective_is_installed_and_say_what_to_install_where_not(model):
    if any(plugin.distribution == OBJECTIVES[model] for plugin in discover().plugins):
        recipe = tiny_recipe(model, labels=("type",), guide="edges")
        assert recipe.parts["generator"] == "zoo-kiss/kiss_decoder" and recipe.parts["critic"] == "zoo-kiss/kiss_encoder"
        assert trained(recipe, 2).iteration == 2
    else:
        with pytest.raises(ZooError, match=f"pip install {OBJECTIVES[model]}"):
            tiny_recipe(model)


@pytest.mark.parametrize("model", OBJECTIVES)
@pytest.mark.parametrize("size", [32, 64, 128])
def test_the_paper_and_its_sizes_can_be_planned(model, size):
    if not any(plugin.distribution == OBJECTIVES[model] for plugin in discover().plugins):
        pytest.skip(f"{OBJECTIVES[model]} is not installed")
    recipe = plan(discover(), model=model, dataset="creatures", size=size, budget=Budget(steps=1))
    assert recipe.options["objective"]["latent"] == 512


def test_entries_name_what_exists_without_importing_torch():
    targets = {
        f"{item.__module__}:{item.__name__}" for item in (Decoder, Encoder, EdgeDense, GanStrategies, KissCritic, KissGenerator)
    }
    assert {entry.target for entry in zoo_entries()} - {""} == targets
    code = "import sys, zoo_kiss.entries, zoo_kiss.options; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
