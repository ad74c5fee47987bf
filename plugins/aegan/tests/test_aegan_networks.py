"""PokeGAN's networks: layer by layer, their noise, their palette, every size and condition."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from zoo_aegan.critic import CodeDiscriminator, Encoder, ImageDiscriminator, critic
from zoo_aegan.generator import PaletteGenerator, mix
from zoo_aegan.layers import AddedNoise, DenselyConnected, MultipliedNoise
from zoo_aegan.options import CriticOptions, GeneratorOptions

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition
from zoo_core.model.build import build_generator
from zoo_core.nets.options import NearestOptions, TransposedOptions
from zoo_core.nets.upsamplers import Nearest, Transposed
from zoo_core.registry.catalog import discover
from zoo_core.space import Space

NO = Condition()
UPSAMPLER = Nearest(NearestOptions())
LABELS = {"type": ("fire", "water", "grass"), "legs": ("two", "four")}
SMALL = {"width": 4, "max_width": 8, "embedding": 3}


def generator(space=None, latent=5, upsampler=UPSAMPLER, **options):
    torch.manual_seed(0)
    return PaletteGenerator(space or Space(16), latent, upsampler, GeneratorOptions(**(SMALL | options)))


def judge(space=None, out=1, vector=0, **options):
    torch.manual_seed(0)
    return critic(space or Space(16), out, vector, CriticOptions(**(SMALL | {"hidden": 7, "hidden2": 6} | options)))


def makers():
    """name -> (network of a space, shape of one input)."""
    return {
        "generator": (lambda space, **given: generator(space, **given), lambda space: (5,)),
        "encoder": (lambda space, **given: judge(space, 5, **given), lambda space: (space.channels, space.size, space.size)),
        "images": (lambda space, **given: judge(space, 1, **given), lambda space: (space.channels, space.size, space.size)),
        "codes": (lambda space, **given: judge(space, 1, 5, **given), lambda space: (5,)),
    }


def conditioned(kind, size, channels=3):
    space = Space(size, channels, LABELS if "labels" in kind else {}, guide=1 if "guide" in kind else 0)
    labels = torch.tensor([[0, 1], [2, -1]]) if "labels" in kind else None
    return space, Condition(labels, torch.rand(2, 1, size, size) if "guide" in kind else None)


# --- the source's tables -----------------------------------------------------------------------------------------------


def table(net, x):
    """(channels or units, height) after and parameters of the layers that have weights, in the order of their calls."""
    rows = []
    for layer in net.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.BatchNorm1d | nn.BatchNorm2d):
            layer.register_forward_hook(
                lambda module, _, out: rows.append((out.shape[1], out.shape[-1] if out.dim() == 4 else 0, count(module)))
            )
    with torch.no_grad():
        net.eval()(x, NO)
    return rows


def count(net):
    return sum(p.numel() for p in net.parameters())


def linear(a, b, normed=True):
    return [(b, 0, a * b + b), *([(b, 0, 2 * b)] if normed else [])]


def conv(a, b, kernel, side, normed=True):
    return [(b, side, a * b * kernel * kernel + b), *([(b, side, 2 * b)] if normed else [])]


def test_the_generator_is_the_sources_layer_by_layer():
    net = PaletteGenerator(Space(96), 16, UPSAMPLER, GeneratorOptions())
    projection = [row for i in range(7) for row in linear(16 + 8 * i, 8)]
    palette = linear(72, 128) + linear(128, 64) + linear(64, 16, normed=False)
    assert table(net, torch.zeros(1, 16)) == [
        *projection,
        *linear(72, 512 * 3 * 3),
        *conv(512 // 4, 512, 3, 6),
        *conv((512 + 72) // 4, 256, 4, 12),
        *conv((256 + 72) // 4, 256, 4, 24),
        *conv((256 + 72) // 4, 256, 4, 48),
        *conv((256 + 72) // 4, 64, 4, 96),
        *conv(64, 16, 5, 96, normed=False),
        *(3 * palette),
    ]
    assert count(net) == 2_378_280


def test_the_encoder_is_the_sources_layer_by_layer():
    net = critic(Space(96), 16, 0, CriticOptions())
    assert isinstance(net, Encoder)
    assert table(net, torch.zeros(1, 3, 96, 96)) == [
        *conv(3, 64, 3, 48),
        *conv(64, 128, 3, 24),
        *conv(128, 256, 3, 12),
        *conv(256, 512, 3, 6),
        *conv(512, 256, 3, 6),  # then doubled
        *conv(256 + 256, 128, 3, 12),
        *conv(128 + 128, 64, 3, 24),
        *conv(64 + 64, 64, 3, 48),
        *conv(64 + 3, 64, 3, 96),
        *conv(64 + 3, 64, 3, 48),
        *conv(64, 64, 3, 24),
        *conv(64, 64, 3, 12),
        *conv(64, 64, 3, 6),
        *linear(512 * 36 + 64 * 36, 256),
        *linear(256, 128),
        *linear(128, 16, normed=False),
    ]
    assert net.readout[0].in_features == 18_432 + 2_304 == 20_736
    assert count(net) == 9_078_224


def test_the_discriminators_are_the_sources_layer_by_layer():
    net = critic(Space(96), 1, 0, CriticOptions())
    assert isinstance(net, ImageDiscriminator)
    down = [*conv(3, 64, 3, 48), *conv(64, 128, 3, 24), *conv(128, 256, 3, 12), *conv(256, 512, 3, 6)]
    assert table(net, torch.zeros(1, 3, 96, 96)) == [*down, *linear(18_432, 1, normed=False)]
    assert count(net) == 1_571_329
    net = critic(Space(96), 1, 16, CriticOptions())
    assert isinstance(net, CodeDiscriminator)
    layers = [row for i in range(7) for row in linear(16 + 8 * i, 8)]
    assert table(net, torch.zeros(1, 16)) == [*layers, *linear(72, 1, normed=False)]
    assert count(net) == 2_481


def test_densely_connected_layers_see_the_input_and_all_before_them():
    torch.manual_seed(0)
    net = DenselyConnected(3).eval()
    x = torch.randn(4, 3)
    seen = [x]
    for layer in net.layers:
        a = nn.functional.linear(torch.cat(seen, 1), layer[0].weight, layer[0].bias) / math.sqrt(1 + 1e-5)
        seen.append(torch.where(a > 0, a, 0.01 * a))
    torch.testing.assert_close(net(x), torch.cat(seen, 1))


def test_the_first_stage_sees_no_latent_and_the_others_do():
    net = generator(Space(48)).eval()
    assert [stage.latent for stage in net.stages] == [0, 61, 61, 61]  # 3 * 2^4 = 48
    w, x = torch.randn(1, 61), torch.randn(1, 8, 3, 3)
    assert torch.equal(net.stages[0](x, w), net.stages[0](x, 2 * w))
    assert not torch.equal(net.stages[1](x, w), net.stages[1](x, 2 * w))


# --- noise -------------------------------------------------------------------------------------------------------------


def test_noise_has_its_moments_and_is_there_in_training_alone():
    torch.manual_seed(0)
    x = torch.full((100_000,), 3.0)
    for noise, mean, sd in ((AddedNoise(0.02), 3.0, 0.02), (MultipliedNoise(0.02), 3.0, 3 * 0.02)):
        y = noise(x)
        assert y.mean().item() == pytest.approx(mean, abs=5 * sd / math.sqrt(len(x)))
        assert y.std().item() == pytest.approx(sd, rel=0.02)
        assert torch.equal(noise.eval()(x), x)


def test_noise_is_where_the_source_has_it():
    def noises(net):
        return [type(layer) for layer in net.modules() if isinstance(layer, AddedNoise | MultipliedNoise) and layer.sd == 0.02]

    space = Space(96)
    assert noises(critic(space, 1, 0, CriticOptions(**SMALL))) == [AddedNoise, *[MultipliedNoise] * 12]  # convs, norms, slopes
    assert noises(critic(space, 16, 0, CriticOptions(**SMALL))) == [AddedNoise]
    assert noises(critic(space, 1, 16, CriticOptions(**SMALL))) == [MultipliedNoise] * 7
    assert noises(PaletteGenerator(space, 16, UPSAMPLER, GeneratorOptions(**SMALL))) == []


@pytest.mark.parametrize("name", ["encoder", "images", "codes"])
def test_training_is_noisy_follows_the_seed_and_can_be_silent(name):
    make, shape = makers()[name]
    space = Space(16)
    x = torch.randn(4, *shape(space))
    net, silent = make(space), make(space, noise=0.0)

    def answer(net, seed):
        torch.manual_seed(seed)
        return net(x, NO)

    assert torch.equal(answer(net, 1), answer(net, 1)) and not torch.equal(answer(net, 1), answer(net, 2))
    assert torch.equal(answer(silent, 1), answer(silent, 2))
    net.eval()
    assert torch.equal(answer(net, 1), answer(net, 2))


# --- the palette -------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(2, 20), st.integers(1, 4)),
    scale=st.floats(0, 1e4),
    seed=st.integers(0, 10**6),
)
def test_a_mixture_equals_the_plain_sum_and_stays_in_the_hull(shape, scale, seed):
    n, channels, colours, side = shape
    torch.manual_seed(seed)
    maps, palette = scale * torch.randn(n, colours, side, side), torch.randn(n, channels, colours).tanh()
    weights = maps.softmax(1)
    image = mix(weights, palette)
    assert image.shape == (n, channels, side, side)
    low, high = palette.amin(2)[:, :, None, None], palette.amax(2)[:, :, None, None]
    assert (image >= low).all() and (image <= high).all()
    for index in range(n * channels):
        a, b = divmod(index, channels)
        plain = sum(weights[a, k].double() * palette[a, b, k].double() for k in range(colours))
        torch.testing.assert_close(image[a, b].double(), plain, atol=1e-5, rtol=0)


def test_an_image_is_made_of_its_palette():
    """With maps that are all but certain, every pixel is one of the palette's colours."""
    net = generator(Space(16), colours=4).eval()
    z = torch.randn(3, 5)
    with torch.no_grad():
        net.maps.weight.mul_(1e6)
        image, palette = net(z, NO), net.palette(net.projection(z))
    distance = (image[:, :, None] - palette[..., None, None]).abs().amax(1).amin(1)
    assert (distance < 1e-5).float().mean() > 0.95


def test_bfloat16_mixes_in_float32():
    net = generator().eval()
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        image = net(torch.randn(2, 5), NO)
    assert image.dtype == torch.float32 and image.abs().max() <= 1


# --- every size and condition ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["plain", "labels", "guide", "labels and guide"])
@pytest.mark.parametrize(("size", "channels"), [(16, 1), (20, 3), (28, 3), (32, 3), (48, 4), (96, 3)])
def test_shapes_and_range(size, channels, kind):
    space, condition = conditioned(kind, size, channels)
    net = generator(space).eval()
    image = net(torch.randn(2, 5), condition)
    assert image.shape == (2, channels, size, size) and image.abs().max() <= 1
    for out in (1, 3):
        assert judge(space, out)(image, condition).shape == judge(space, out, 5)(torch.randn(2, 5), condition).shape == (2, out)


@pytest.mark.parametrize("name", makers())
def test_a_batch_of_one_keeps_its_axis_in_eval_and_is_refused_in_training(name):
    make, shape = makers()[name]
    net, x = make(Space(16)), torch.randn(2, *shape(Space(16)))
    both = net.eval()(x, NO)
    torch.testing.assert_close(net(x[:1], NO), both[:1])
    if name != "images":  # its batch norms have the pixels of one image to compare
        with pytest.raises(ZooError, match=r"train\.batch=2"):
            net.train()(x[:1], NO)


@pytest.mark.parametrize("name", makers())
def test_labels_matter_and_an_absent_one_is_label_minus_one(name):
    make, shape = makers()[name]
    space, _ = conditioned("labels", 16)
    net, x = make(space).eval(), torch.randn(1, *shape(space))
    answers = {label: net(x, Condition(torch.tensor([list(label)]))) for label in [(0, 0), (1, 0), (0, 1), (-1, -1)]}
    torch.testing.assert_close(answers[-1, -1], net(x, NO))
    assert all(not torch.equal(answers[a], answers[b]) for a in answers for b in answers if a < b)


@pytest.mark.parametrize("name", makers())
def test_the_guide_matters_to_images_and_not_to_codes(name):
    make, shape = makers()[name]
    space, condition = conditioned("guide", 16)
    net, x = make(space).eval(), torch.randn(2, *shape(space))
    assert torch.equal(net(x, condition), net(x, NO)) == (name == "codes")


def test_the_upsampler_is_ignored():
    z = torch.randn(2, 5)
    ours, theirs = generator().eval(), generator(upsampler=Transposed(TransposedOptions())).eval()
    assert torch.equal(ours(z, NO), theirs(z, NO))
    made = build_generator({"generator": "zoo-aegan/aegan", "upsampler": "zoo-core/nearest"}, {}, Space(32), 8, discover())
    assert isinstance(made, PaletteGenerator) and made.latent == 8


@pytest.mark.parametrize("make", [generator, judge, lambda space: judge(space, 3)], ids=["generator", "images", "encoder"])
def test_a_size_that_cannot_be_halved_says_which_can(make):
    with pytest.raises(ZooError, match=r"size 50 does not fit.*type --size 48"):
        make(Space(50))
