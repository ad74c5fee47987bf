"""PokeGAN's networks layer by layer, the losses of its four networks against plain loops, and how they train."""

import math
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from zoo_aegan.critic import CodeDiscriminator, Encoder, ImageDiscriminator, critic
from zoo_aegan.generator import PaletteGenerator, mix
from zoo_aegan.layers import AddedNoise, DenselyConnected, MultipliedNoise
from zoo_aegan.objective import Aegan, critic_terms
from zoo_aegan.options import AeganOptions, CriticOptions, GeneratorOptions

from zoo_core.build import build, build_generator
from zoo_core.bundle import run_bundle
from zoo_core.catalog import discover
from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition
from zoo_core.nets.options import NearestOptions, TransposedOptions
from zoo_core.nets.upsamplers import Nearest, Transposed
from zoo_core.prior import Prior
from zoo_core.recipe import Budget, plan
from zoo_core.space import Space
from zoo_core.testing.small import random_images, tiny_recipe, trained
from zoo_core.train.checkpoint import load_checkpoint, save_checkpoint
from zoo_core.train.data import DeviceData
from zoo_core.train.draw import CounterDraw
from zoo_core.train.engine import train

CPU = torch.device("cpu")
NO = Condition()
UPSAMPLER = Nearest(NearestOptions())
LABELS = {"type": ("fire", "water", "grass"), "legs": ("two", "four")}
SMALL = {"width": 4, "max_width": 8, "embedding": 3}
REFERENCE = {"generator": "conv", "critic": "conv"}


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


def weights(run):
    return {f"{name}.{key}": value.clone() for name, net in run.nets.items() for key, value in net.state_dict().items()}


def data_of(run, n=20):
    return DeviceData(random_images(run.recipe.space, n), run.recipe.train, run.recipe.seed, CPU, guide=run.recipe.data.guide)


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


# --- the objective -----------------------------------------------------------------------------------------------------


def test_networks_phases_and_rates_are_the_sources():
    recipe = plan(discover(), model="aegan", dataset="creatures", size=96, budget=Budget(steps=1))
    options = recipe.train
    assert (options.batch, options.lr, options.critic_lr, options.beta1, options.beta2) == (32, 2e-4, 1e-4, 0.5, 0.999)
    assert options.weight_decay == 1e-8 and options.flip and int(options.shift * 96) == 5
    assert recipe.options["objective"]["latent"] == 16
    run = build(tiny_recipe("aegan", ["critic_steps=3"]), discover())
    assert [(phase.name, phase.trains, phase.times) for phase in run.phases] == [
        ("image_critic", ("image_critic",), 3),
        ("code_critic", ("code_critic",), 3),
        ("players", ("generator", "encoder"), 1),
    ]
    assert run.learning_rates == {"image_critic": 1e-4, "code_critic": 1e-4, "players": 2e-4}
    kinds = {"generator": PaletteGenerator, "encoder": Encoder, "image_critic": ImageDiscriminator}
    assert {name: type(net) for name, net in run.nets.items()} == kinds | {"code_critic": CodeDiscriminator}
    assert run.prior == Prior(6, "normal")


@pytest.mark.parametrize("parts", [{}, REFERENCE], ids=["source", "reference"])
@pytest.mark.parametrize("phase", ["image_critic", "code_critic", "players"])
def test_a_phase_moves_all_that_it_trains_and_nothing_else(phase, parts):
    settings = ["critic.activation=elu", "generator.norm=none"] if parts else []  # a bias before batch norm gets no gradient
    run = build(tiny_recipe("aegan", settings, parts=parts), discover())
    before = weights(run)
    run.phases, run.total = [item for item in run.phases if item.name == phase], 1
    list(train(run, data_of(run)))
    parameters = {f"{name}.{key}" for name, net in run.nets.items() for key, _ in net.named_parameters()}
    moved = {key for key in parameters if not torch.equal(weights(run)[key], before[key])}
    trains = {key for key in parameters if key.partition(".")[0] in run.phases[0].trains}
    assert moved <= trains
    missing = {key for key in trains - moved if not key.endswith("bias")}
    assert not missing and (not parts or moved == trains)


def bce(logits, target):
    """Mean binary cross-entropy by its definition, one number after the other."""
    total = 0.0
    for logit in logits.double().flatten().tolist():
        p = 1 / (1 + math.exp(-logit))
        total -= target * math.log(p) + (1 - target) * math.log(1 - p)
    return total / logits.numel()


def mean_difference(a, b, power):
    pairs = list(zip(a.double().flatten().tolist(), b.double().flatten().tolist(), strict=True))
    return sum(abs(x - y) ** power for x, y in pairs) / len(pairs)


@pytest.mark.parametrize("parts", [{}, REFERENCE], ids=["source", "reference"])
def test_terms_equal_plain_loops(parts):
    options = AeganOptions(latent=6, image_weight=0.7, code_weight=0.3, adversarial_image=0.11, adversarial_code=0.13)
    objective = Aegan(options)
    run = build(tiny_recipe("aegan", parts=parts), discover())
    nets = {name: net.eval() for name, net in run.nets.items()}  # without noise
    batch, draw = data_of(run).batch(0), CounterDraw(0, objective.prior, CPU)

    def expected(place):
        z = draw.at(0, place, 0).latent(len(batch.images))
        with torch.no_grad():
            x, code = nets["generator"](z, NO), nets["encoder"](batch.images, NO)
            x_again, z_again = nets["generator"](code, NO), nets["encoder"](x, NO)
            images = [nets["image_critic"](value, NO) for value in (batch.images, x, x_again)]
            codes = [nets["code_critic"](value, NO) for value in (z, code, z_again)]
        return (batch.images, z), (x_again, z_again), images, codes

    for place, name in enumerate(("image_critic", "code_critic")):
        real, sample, again = expected(place)[2 + place]
        terms = getattr(objective, name)(nets, batch, draw.at(0, place, 0))
        loss = (2 * bce(real, 1) + bce(sample, 0) + bce(again, 0)) / 4
        assert sum(value.item() for key, value in terms.items() if key[0] != "~") == pytest.approx(loss, rel=1e-4)
        assert terms["~real_accuracy"].item() == pytest.approx((real > 0).float().mean().item())

    (x, z), (x_again, z_again), images, codes = expected(2)
    terms = objective.players(nets, batch, draw.at(0, 2, 0))
    assert {key: value.item() for key, value in terms.items()} == pytest.approx(
        {
            "image": 0.7 * mean_difference(x_again, x, 1),
            "code": 0.3 * mean_difference(z_again, z, 2),
            "adversarial_image": 0.11 * (bce(images[1], 1) + bce(images[2], 1)) / 2,
            "adversarial_code": 0.13 * (bce(codes[1], 1) + bce(codes[2], 1)) / 2,
            "~absolute_error": mean_difference(x_again, x, 1),
            "~squared_code_error": mean_difference(z_again, z, 2),
        },
        rel=1e-4,
    )


def test_the_weights_are_the_sources():
    options = AeganOptions()
    assert (options.image_weight, options.code_weight) == (1.0, 0.5)
    assert (options.adversarial_image, options.adversarial_code) == (0.005, 0.1)


@settings(max_examples=25, deadline=None)
@given(real=st.floats(-1e4, 1e4), sample=st.floats(-1e4, 1e4), again=st.floats(-1e4, 1e4))
def test_critic_terms_are_finite_for_any_logit(real, sample, again):
    logits = [torch.tensor([[value]], requires_grad=True) for value in (real, sample, again)]
    total = sum(value for key, value in critic_terms(*logits).items() if key[0] != "~")
    total.backward()
    assert math.isfinite(total.item()) and total.item() >= 0
    assert all(logit.grad.isfinite().all() and logit.grad.abs().max() <= 0.5 for logit in logits)


def test_the_players_get_gradients_from_all_four_terms():
    run = build(tiny_recipe("aegan"), discover())
    phase, batch = run.phases[2], data_of(run).batch(0)
    for term, reached in (
        ("image", {"generator", "encoder"}),
        ("code", {"generator", "encoder"}),
        ("adversarial_image", {"generator", "encoder"}),
        ("adversarial_code", {"generator", "encoder"}),
    ):
        for net in run.nets.values():
            net.zero_grad(set_to_none=True)
            net.requires_grad_(net is run.nets["generator"] or net is run.nets["encoder"])
        torch.manual_seed(0)
        phase.loss(run.nets, batch, CounterDraw(0, run.prior, CPU).at(0, 2, 0))[term].backward()
        got = {name for name, net in run.nets.items() if any(p.grad is not None and p.grad.any() for p in net.parameters())}
        assert got == reached


# --- training ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"labels": ("type", "body")}, {"guide": "edges"}, {"channels": 4}, {"size": 24}], ids=str)
@pytest.mark.parametrize("parts", [{}, REFERENCE], ids=["source", "reference"])
def test_labels_guides_alpha_and_odd_sizes_are_accepted(given, parts):
    run = trained(tiny_recipe("aegan", parts=parts, **given), 2)
    assert run.iteration == 2
    assert run_bundle(run).sample(1).shape[:2] == (1, run.recipe.space.channels)


@pytest.mark.parametrize("parts", [{}, REFERENCE], ids=["source", "reference"])
@pytest.mark.parametrize("images", [1, 3, 8])
def test_no_more_images_than_a_batch_are_trained_on(images, parts):
    """The source needs two full batches: it drops the last one, and divides by the number of the last batch, from 0."""
    run = build(tiny_recipe("aegan", ["train.batch=8"], parts=parts), discover())
    data, before = data_of(run, images), weights(run)
    assert len(data) == images and data.batch(0).images.shape[0] == 8
    run.total = 2
    losses = [step.read() for step in train(run, data)]
    assert len(losses) == 2 and not torch.equal(weights(run)["generator." + first(run)], before["generator." + first(run)])


def first(run):
    return next(key for key, _ in run.nets["generator"].named_parameters())


@pytest.mark.parametrize("parts", [{}, REFERENCE], ids=["source", "reference"])
def test_resume_is_bit_for_bit(parts, tmp_path):
    """The noise of the source's networks comes from torch's global generator, which no checkpoint holds."""
    recipe = tiny_recipe("aegan", ["train.shift=0.1", "train.instance_noise=0.1"], parts=parts)
    whole = weights(trained(recipe, 6))
    half = build(recipe, discover())
    half.total = 6
    for step in train(half, data_of(half)):
        if step.iteration == 3:
            break
    path = save_checkpoint(half, tmp_path)
    torch.manual_seed(999)
    resumed = build(recipe, discover())
    load_checkpoint(resumed, path)
    found = weights(trained(recipe, 6, resumed))
    assert found.keys() == whole.keys() and all(torch.equal(found[key], whole[key]) for key in whole)


def test_two_images_are_learnt_by_heart():
    """Mean absolute error of the reconstructions, on [-1, 1]: from 0.5 to below 0.15 in 150 iterations, of noise."""
    settings = ["train.lr=4e-3", "train.critic_lr=1e-3", "train.flip=false", "train.shift=0", "hidden=16"]
    settings += ["generator.width=8", "generator.max_width=16", "critic.width=8", "critic.max_width=16"]
    run = build(tiny_recipe("aegan", settings, parts=REFERENCE), discover())
    run.total = 150
    errors = [step.terms["players/absolute_error"].item() for step in train(run, data_of(run, 2))]
    assert errors[0] > 0.3
    assert sum(errors[-10:]) / 10 < 0.15


# --- the entries -------------------------------------------------------------------------------------------------------


def test_entries_name_what_exists_without_importing_torch():
    code = "import sys, zoo_aegan.entries, zoo_aegan.options; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    catalog = discover()
    targets = {"objective": Aegan, "generator": PaletteGenerator, "critic": critic}
    configs = {"objective": AeganOptions, "generator": GeneratorOptions, "critic": CriticOptions}
    for kind, target in targets.items():
        provided = catalog.find(kind, "zoo-aegan/aegan")
        assert catalog.load_target(provided) is target and catalog.load_config(provided) is configs[kind]
