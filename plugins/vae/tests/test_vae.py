"""The VAE's terms against Monte Carlo and finite differences, and what training it does to an image."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from zoo_vae.objective import Variational, charged, kl, posterior
from zoo_vae.options import VariationalOptions

from zoo_core.images import Images
from zoo_core.interfaces import Batch, Condition
from zoo_core.objectives.reconstruction import reconstruction
from zoo_core.prior import Prior
from zoo_core.registry.catalog import discover
from zoo_core.space import Space
from zoo_testing.small import random_images, tiny_recipe, trained
from zoo_train.checkpoint import load_checkpoint, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.draw import CounterDraw
from zoo_train.engine import train
from zoo_train.run import build

CPU = torch.device("cpu")


def draws(latent, seed=0):
    return CounterDraw(seed, Prior(latent), CPU).at(0, 0, 0)


# --- the KL divergence -------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(mean=st.floats(-3, 3), log_variance=st.floats(-4, 2), seed=st.integers(0, 1000))
def test_kl_is_the_mean_log_ratio_of_the_densities(mean, log_variance, seed):
    mean, log_variance = torch.tensor(mean).double(), torch.tensor(log_variance).double()
    q, p = torch.distributions.Normal(mean, (log_variance / 2).exp()), torch.distributions.Normal(mean * 0, 1.0)
    noise = torch.randn(40_000, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    z = mean + (log_variance / 2).exp() * noise
    ratios = q.log_prob(z) - p.log_prob(z)
    error = 6 * ratios.std() / len(ratios) ** 0.5  # six standard errors
    assert (kl(mean, log_variance) - ratios.mean()).abs() < error + 1e-9


@given(mean=st.floats(-100, 100), log_variance=st.floats(-20, 20))
def test_kl_is_never_negative_and_zero_for_the_prior_alone(mean, log_variance):
    found = kl(torch.tensor([mean]), torch.tensor([log_variance]))
    assert found >= 0 and torch.isfinite(found)
    if abs(mean) > 0.1 or abs(log_variance) > 0.1:
        assert found > 1e-3
    assert kl(torch.zeros(1), torch.zeros(1)) == 0


def test_extreme_outputs_of_an_encoder_stay_finite():
    mean, log_variance = posterior(torch.tensor([[1.0, -2.0, 1e4, -1e4]]))
    assert mean.tolist() == [[1, -2]] and log_variance.tolist() == [[20, -20]]
    assert torch.isfinite(kl(mean, log_variance)).all()


# --- free bits -----------------------------------------------------------------------------------------------------------


def test_free_bits_are_a_floor_of_the_mean_of_every_coordinate():
    divergence = torch.tensor([[0.1, 3.0, 0.0], [0.5, 1.0, 0.0]])
    assert charged(divergence, 0.0) == pytest.approx(0.3 + 2.0 + 0.0)
    assert charged(divergence, 0.4) == pytest.approx(0.4 + 2.0 + 0.4)  # 0.5 > 0.4 in one image does not count


def test_a_coordinate_below_its_free_bits_is_not_pushed():
    mean = torch.tensor([[0.1, 2.0], [0.2, -2.0]], requires_grad=True)  # about 0.01 and 2 nats
    (gradient,) = torch.autograd.grad(charged(kl(mean, torch.zeros(2, 2)), 0.5), mean)
    assert torch.equal(gradient[:, 0], torch.zeros(2)) and torch.allclose(gradient[:, 1], mean[:, 1] / 2)


# --- the loss ------------------------------------------------------------------------------------------------------------


class LinearDecoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.layer = nn.Linear(latent, 12).double()

    def forward(self, z, condition):
        return torch.tanh(self.layer(z.double())).view(-1, 3, 2, 2)


class FlatEncoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.layer = nn.Linear(12, 2 * latent)

    def forward(self, x, condition):
        return self.layer(x.flatten(1))


def small_nets(latent=2):
    torch.manual_seed(0)
    return {"generator": LinearDecoder(latent), "encoder": FlatEncoder(latent)}


def batch_of(n):
    return Batch(torch.rand(n, 3, 2, 2, generator=torch.Generator().manual_seed(1)) * 2 - 1, Condition())


@pytest.mark.parametrize("name", ["mse", "l1", "bce"])
@pytest.mark.parametrize("beta", [1.0, 0.25])
def test_terms_are_the_mean_cost_of_an_image_and_beta_times_its_kl(name, beta):
    nets, batch = small_nets(), batch_of(5)
    terms = Variational(VariationalOptions(latent=2, reconstruction=name, beta=beta)).loss(nets, batch, draws(2))
    noise = draws(2).normal(5, 2)
    cost = divergence = 0.0
    for i in range(5):  # image by image, pixel by pixel
        out = nets["encoder"](batch.images[i : i + 1], Condition())[0]
        mean, spread = out[:2], (out[2:] / 2).exp()
        image = nets["generator"]((mean + spread * noise[i])[None], Condition())
        cost += reconstruction(name, image, batch.images[i : i + 1]).item() / 5
        p, q = torch.distributions.Normal(torch.zeros(2), 1.0), torch.distributions.Normal(mean, spread)
        divergence += torch.distributions.kl_divergence(q, p).sum().item() / 5
    assert terms["reconstruction"].item() == pytest.approx(cost, rel=1e-5)
    assert terms["kl"].item() == pytest.approx(beta * divergence, rel=1e-5)
    assert terms["~nats"].item() == pytest.approx(divergence, rel=1e-5)


def test_gradients_through_the_sample_equal_finite_differences():
    """The noise is a constant of the loss, so its derivative exists and reaches mean and spread alike."""
    nets, batch = small_nets(), batch_of(4)
    nets["encoder"].double()
    batch = Batch(batch.images.double(), batch.condition)
    objective = Variational(VariationalOptions(latent=2, beta=0.5))

    def total():
        terms = objective.loss(nets, batch, draws(2))
        return sum(value for name, value in terms.items() if not name.startswith("~"))

    weight = nets["encoder"].layer.weight
    (gradient,) = torch.autograd.grad(total(), weight)
    for rows in (slice(0, 2), slice(2, 4)):  # those that make means, and those that make log-variances
        length = gradient[rows].norm()
        values = []
        for step in (-1e-2, 1e-2):  # along the gradient itself, where the slope is its length
            with torch.no_grad():
                weight[rows] += step * gradient[rows] / length
                values.append(total().item())
                weight[rows] -= step * gradient[rows] / length
        assert length > 0.05
        assert (values[1] - values[0]) / 2e-2 == pytest.approx(length.item(), rel=2e-3)


def test_the_loss_is_an_upper_bound_of_minus_the_log_likelihood():
    """With beta 1, on a decoder so small that the integral over its one latent can be done on a grid."""
    nets, batch = small_nets(1), batch_of(1)
    grid = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(grid)
    decoded = nets["generator"](grid[:, None], Condition())
    given_z = -(decoded - batch.images.double()).square().flatten(1).sum(1) / 2
    truth = -torch.logsumexp(prior + given_z, 0) - torch.log(grid[1] - grid[0])
    objective = Variational(VariationalOptions(latent=1))
    found = []
    for seed in range(400):
        terms = objective.loss(nets, batch, draws(1, seed))
        found.append((terms["reconstruction"] + terms["kl"]).item())
    gap = np.mean(found) - truth.item()
    assert gap > 0
    # and the gap is the divergence of q from the true posterior, integrated on the same grid
    out = nets["encoder"](batch.images, Condition())[0].double()
    q = torch.distributions.Normal(out[0], (out[1] / 2).exp()).log_prob(grid)
    posterior_log = prior + given_z + truth
    exact = (q.exp() * (q - posterior_log)).sum() * (grid[1] - grid[0])
    assert gap == pytest.approx(exact.item(), abs=5 * np.std(found) / 20)


# --- training ------------------------------------------------------------------------------------------------------------


def weights(run):
    return {f"{name}.{key}": value.clone() for name, net in run.nets.items() for key, value in net.state_dict().items()}


def test_both_networks_learn_and_the_encoder_answers_with_two_numbers_per_coordinate():
    recipe = tiny_recipe("vae")
    run = build(recipe, discover())
    assert list(run.nets) == ["generator", "encoder"]
    assert run.nets["encoder"](torch.zeros(2, 3, 16, 16), Condition()).shape == (2, 12)
    before = {name: [p.clone() for p in net.parameters()] for name, net in run.nets.items()}
    trained(recipe, 1, run)
    for name, old in before.items():
        moved = [not torch.equal(a, b) for a, b in zip(old, run.nets[name].parameters(), strict=True)]
        assert sum(moved) > len(moved) / 2


@pytest.mark.parametrize("settings", [{"labels": ("type", "body")}, {"guide": "edges"}, {"channels": 4}], ids=str)
def test_labels_guides_and_alpha_are_accepted(settings):
    assert trained(tiny_recipe("vae", **settings), 2).iteration == 2


@pytest.mark.parametrize("options", [["reconstruction=bce"], ["reconstruction=l1", "free_bits=0.2"]], ids=str)
def test_resume_is_bit_for_bit(options, tmp_path):
    recipe = tiny_recipe("vae", [*options, "generator.dropout=0.2", "train.instance_noise=0.1"])
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


def test_it_learns_one_image_by_heart():
    """A gradient with a dark square, 16 px: from its mean code to within 0.05 root mean square of a range of 2."""
    y, x = np.mgrid[0:16, 0:16]
    picture = np.stack([16 * x, 16 * y, 255 - 8 * (x + y)], 2).astype(np.uint8)
    picture[5:9, 6:11] = 0
    space = Space(16)
    images = Images(space, np.stack([picture] * 8), np.zeros((8, 0), np.int64), np.zeros(8, bool), tuple("12345678"))
    settings = ["generator.width=8", "generator.max_width=16", "generator.norm=none", "critic.width=8", "beta=0.01"]
    settings += ["train.batch=8", "train.flip=false", "train.lr=5e-3", "train.ema=0.9"]
    run = build(tiny_recipe("vae", settings), discover())
    run.total = 250
    data = DeviceData(images, run.recipe.train, 0, CPU)
    target = data.batch(0).images[:1]

    def error():
        run.nets["encoder"].eval()
        with torch.no_grad():
            mean, _ = posterior(run.nets["encoder"](target, Condition()))
            return (run.average(mean, Condition()) - target).square().mean().sqrt().item()

    assert error() > 0.3
    for step in train(run, data):
        if step.iteration % 50 == 0:
            step.read()
    assert error() < 0.05


def test_free_bits_keep_information_that_beta_would_press_out():
    def nats(*options):
        recipe = tiny_recipe("vae", ["beta=100", "train.lr=1e-2", *options])
        run = build(recipe, discover())
        run.total = 60
        data = DeviceData(random_images(recipe.space), recipe.train, recipe.seed, CPU)
        return [step.read()["autoencode/nats"] for step in train(run, data)][-1]

    assert nats() < 0.5 < nats("free_bits=0.5") < 6 * 1.5


def test_entries_name_what_exists_without_importing_torch():
    code = "import sys, zoo_vae.entries, zoo_vae.options; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    provided = discover().find("objective", "zoo-vae/vae")
    assert discover().load_target(provided) is Variational and discover().load_config(provided) is VariationalOptions
