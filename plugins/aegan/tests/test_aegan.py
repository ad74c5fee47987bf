"""The objective of four networks: its terms against plain loops, what each phase moves, and how it trains."""

import math
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from zoo_aegan.critic import CodeDiscriminator, Encoder, ImageDiscriminator, critic
from zoo_aegan.generator import PaletteGenerator
from zoo_aegan.objective import Aegan, critic_terms
from zoo_aegan.options import AeganOptions, CriticOptions, GeneratorOptions

from zoo_core.interfaces import Condition
from zoo_core.prior import Prior
from zoo_core.recipe.recipe import Budget
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.engine import train
from zoo_train.export import run_bundle
from zoo_train.plan import plan
from zoo_train.run import build

CPU = torch.device("cpu")
NO = Condition()
REFERENCE = {"generator": "conv", "critic": "conv"}


def weights(run):
    return {f"{name}.{key}": value.clone() for name, net in run.nets.items() for key, value in net.state_dict().items()}


def data_of(run, n=20):
    return DeviceData(random_images(run.recipe.space, n), run.recipe.train, run.recipe.seed, CPU, guide=run.recipe.data.guide)


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
    settings = ["train.lr=4e-3", "train.critic_lr=1e-3", "train.flip=false", "train.shift=0", "train.hue=0", "hidden=16"]
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
