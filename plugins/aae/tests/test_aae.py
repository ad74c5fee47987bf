"""The AAE's phases: what each moves and minimises, and codes that move towards the prior."""

import subprocess
import sys

import pytest
import torch
from zoo_aae.objective import AdversarialAutoencoder
from zoo_aae.options import AdversarialAutoencoderOptions

from zoo_core.interfaces import Batch, Condition
from zoo_core.model.latent import draw_latent
from zoo_core.objectives.reconstruction import reconstruction
from zoo_core.prior import Prior
from zoo_core.registry.catalog import discover
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.engine import train
from zoo_train.run import build

CPU = torch.device("cpu")


def weights(run):
    return {f"{name}.{key}": value.clone() for name, net in run.nets.items() for key, value in net.state_dict().items()}


def data_of(run):
    return DeviceData(random_images(run.recipe.space, 60), run.recipe.train, run.recipe.seed, CPU, guide=run.recipe.data.guide)


def mmd(a, b):
    """Squared maximum mean discrepancy of (N, Z) and (M, Z), unbiased, for the sum of Gaussian kernels of widths 1/2, 1, 2."""

    def kernel(x, y):
        squared = torch.cdist(x.double(), y.double()).square()
        return sum(torch.exp(-squared / (2 * width**2)) for width in (0.5, 1.0, 2.0))

    def within(x):
        return (kernel(x, x).sum() - 3 * len(x)) / (len(x) * (len(x) - 1))

    return float(within(a) + within(b) - 2 * kernel(a, b).mean())


def test_mmd_can_tell_the_priors_apart():
    def draw(name, seed):
        return draw_latent(Prior(2, name), 400, torch.Generator().manual_seed(seed))

    for name in ("normal", "mixture", "swiss_roll"):
        assert abs(mmd(draw(name, 0), draw(name, 1))) < 0.01
    assert mmd(draw("normal", 0), draw("mixture", 1)) > 0.05
    assert mmd(draw("normal", 0), draw("swiss_roll", 1)) > 0.02


# --- the phases ------------------------------------------------------------------------------------------------------------


def test_networks_and_phases_are_the_papers():
    run = build(tiny_recipe("aae", ["critic_steps=3", "train.critic_lr=5e-5"]), discover())
    x, z = torch.zeros(2, 3, 16, 16), torch.zeros(2, 6)
    assert list(run.nets) == ["generator", "encoder", "critic"]
    assert run.nets["encoder"](x, Condition()).shape == (2, 6) and run.nets["critic"](z, Condition()).shape == (2, 1)
    assert [(phase.name, phase.trains, phase.times) for phase in run.phases] == [
        ("reconstruct", ("generator", "encoder"), 1),
        ("critic", ("critic",), 3),
        ("regularise", ("encoder",), 1),
    ]
    rates = run.learning_rates
    assert rates["critic"] == 5e-5 and rates["reconstruct"] == rates["regularise"] == run.recipe.train.lr


@pytest.mark.parametrize("phase", ["reconstruct", "critic", "regularise"])
def test_a_phase_moves_all_that_it_trains_and_nothing_else(phase):
    run = build(tiny_recipe("aae", ["generator.norm=none", "critic.activation=elu"]), discover())
    before = weights(run)
    run.phases, run.total = [item for item in run.phases if item.name == phase], 1
    list(train(run, data_of(run)))
    moved = {key for key, value in weights(run).items() if not torch.equal(value, before[key])}
    trains = run.phases[0].trains
    assert moved == {key for key in before if key.partition(".")[0] in trains}


@pytest.mark.parametrize("name", ["mse", "l1", "bce"])
def test_terms_equal_the_formulas(name):
    recipe = tiny_recipe("aae", [f"reconstruction={name}", "generator.norm=none"])
    run = build(recipe, discover())
    objective = AdversarialAutoencoder(AdversarialAutoencoderOptions(latent=6, reconstruction=name))
    batch = data_of(run).batch(0)
    draw = CounterDraw(0, objective.prior, CPU)
    codes = run.nets["encoder"](batch.images, batch.condition)
    cost = reconstruction(name, run.nets["generator"](codes, Condition()), batch.images)
    assert objective.reconstruct(run.nets, batch, draw.at(0, 0, 0))["reconstruction"].item() == pytest.approx(
        cost.mean().item()
    )

    def probability(z):
        return torch.sigmoid(run.nets["critic"](z, Condition()).double())

    prior = draw.at(0, 1, 0).latent(4)
    terms = objective.critic(run.nets, batch, draw.at(0, 1, 0))
    assert terms["real"].item() == pytest.approx(-probability(prior).log().mean().item(), rel=1e-5)
    assert terms["fake"].item() == pytest.approx(-(1 - probability(codes)).log().mean().item(), rel=1e-5)
    adversarial = objective.regularise(run.nets, batch, draw.at(0, 2, 0))["adversarial"]
    assert adversarial.item() == pytest.approx(-probability(codes).log().mean().item(), rel=1e-5)


def test_the_critic_sees_the_labels_of_the_codes():
    run = build(tiny_recipe("aae", labels=("type",)), discover())
    phase = next(phase for phase in run.phases if phase.name == "critic")
    batch = data_of(run).batch(0)
    with torch.no_grad():
        run.nets["critic"].labels.tables[0].weight[1:] += 1.0
    other = Batch(batch.images, Condition(torch.full_like(batch.condition.labels, -1)))
    found = [phase.loss(run.nets, item, CounterDraw(0, run.prior, CPU).at(0, 1, 0))["real"] for item in (batch, other)]
    assert not torch.equal(*found)


# --- training ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prior", ["normal", "mixture", "swiss_roll"])
def test_codes_move_towards_the_prior(prior):
    """In 200 iterations on images of noise, the MMD of their codes to the prior falls by a factor of five."""
    settings = ["latent=2", f"prior={prior}", "critic_steps=2", "critic.width=8", "hidden=128", "critic.init=dcgan"]
    settings += ["train.lr=1e-3", "train.critic_lr=1e-3", "train.beta1=0.5", "train.batch=32"]
    run = build(tiny_recipe("aae", settings), discover())
    data = data_of(run)
    wanted = draw_latent(run.prior, 400, torch.Generator().manual_seed(9))

    def distance():
        with torch.no_grad():
            codes = [run.nets["encoder"](data.batch(1000 + i).images, Condition()) for i in range(6)]
        return mmd(torch.cat(codes), wanted)

    before, run.total = distance(), 200
    for step in train(run, data):
        if step.iteration == run.total:
            step.read()
    assert distance() < before / 5


@pytest.mark.parametrize("settings", [{"labels": ("type", "body")}, {"guide": "edges"}, {"channels": 4}, {"size": 24}], ids=str)
def test_labels_guides_alpha_and_odd_sizes_are_accepted(settings):
    assert trained(tiny_recipe("aae", **settings), 2).iteration == 2


@pytest.mark.parametrize("prior", ["normal", "uniform", "mixture", "swiss_roll"])
def test_samples_come_from_the_prior_that_was_asked_for(prior):
    run = build(tiny_recipe("aae", [f"prior={prior}", "modes=3"]), discover())
    assert run.prior == Prior(6, prior, 3)


@pytest.mark.parametrize("prior", ["normal", "swiss_roll"])
def test_resume_is_bit_for_bit(prior, tmp_path):
    recipe = tiny_recipe("aae", [f"prior={prior}", "critic_steps=2", "critic.dropout=0.2", "train.instance_noise=0.1"])
    whole = weights(trained(recipe, 12))
    half = build(recipe, discover())
    half.total = 12
    for step in train(half, DeviceData(random_images(recipe.space), recipe.train, recipe.seed, CPU)):
        if step.iteration == 6:
            break
    path = save_checkpoint(half, tmp_path)
    torch.manual_seed(999)
    resumed = build(recipe, discover())
    load_checkpoint(resumed, path)
    found = weights(trained(recipe, 12, resumed))
    assert all(torch.equal(found[key], whole[key]) for key in whole)


def test_reconstruction_improves():
    run = build(tiny_recipe("aae", ["train.lr=3e-3", "generator.width=8", "generator.max_width=16"]), discover())
    run.total = 100
    errors = [step.terms["reconstruct/squared_error"].item() for step in train(run, data_of(run))]
    assert sum(errors[-10:]) < 0.95 * sum(errors[:10])


def test_entries_name_what_exists_without_importing_torch():
    code = "import sys, zoo_aae.entries, zoo_aae.options; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    provided = discover().find("objective", "zoo-aae/aae")
    assert discover().load_target(provided) is AdversarialAutoencoder
    assert discover().load_config(provided) is AdversarialAutoencoderOptions
