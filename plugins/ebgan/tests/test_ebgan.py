"""The energy and its margin, the pulling-away term against a double loop, what each phase moves, and a small learning test."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from zoo_ebgan.entries import zoo_entries
from zoo_ebgan.objective import EnergyBased, energy, pull_away, spread
from zoo_ebgan.options import EbganOptions

from zoo_core.interfaces import Batch, Condition, Critic, Generator
from zoo_core.nets.critic import ConvCritic
from zoo_core.nets.generator import ConvGenerator
from zoo_core.nets.options import ConvCriticOptions, ConvGeneratorOptions, TransposedOptions
from zoo_core.nets.upsamplers import Transposed
from zoo_core.options import parse
from zoo_core.registry.problems import check_entry
from zoo_core.space import Space
from zoo_train.draw import CounterDraw

PLAIN = Space(16)


class Parts:
    """Reference networks, narrow."""

    def __init__(self, space):
        self.space = space

    def generator(self, latent):
        return ConvGenerator(self.space, latent, Transposed(TransposedOptions()), ConvGeneratorOptions(width=2, max_width=8))

    def critic(self, out, vector=0):
        return ConvCritic(self.space, out, vector, ConvCriticOptions(width=4, max_width=8))


def total(terms):
    return sum(value for name, value in terms.items() if not name.startswith("~"))


def draw(prior, iteration=0, phase=0):
    return CounterDraw(0, prior, torch.device("cpu")).at(iteration, phase, 0)


def setup(space=PLAIN, **options):
    torch.manual_seed(0)
    objective = EnergyBased(EbganOptions(**{"latent": 3, "code": 5, **options}))
    return objective, objective.nets(Parts(space))


def batch(n=4, space=PLAIN):
    images = torch.rand(n, space.channels, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    labels = torch.arange(n)[:, None] % 2 if space.labels else None
    return Batch(images, Condition(labels))


# --- energy and margin -----------------------------------------------------------------------------------------------


def test_energy_is_the_mean_squared_error_of_each_image():
    _, nets = setup()
    images = batch().images
    with torch.no_grad():
        found, code = energy(nets, images, Condition())
        rebuilt = nets["decoder"](nets["encoder"](images, Condition()), Condition())
    for i in range(4):
        error = ((rebuilt[i] - images[i]) ** 2).flatten().tolist()
        assert float(found[i]) == pytest.approx(sum(error) / (3 * 16 * 16), rel=1e-4)
    assert found.shape == (4,) and code.shape == (4, 5)


class Brightness(Critic):
    """Codes of (N, 1): how bright an image is."""

    def forward(self, x, condition):
        return x.mean((1, 2, 3))[:, None]


class Decoder(Generator):
    """Every code becomes black."""

    latent = 1

    def forward(self, z, condition):
        return torch.zeros(len(z), 3, 16, 16)


class Flat(Generator):
    """Images of one brightness, whatever the latent."""

    latent = 3

    def __init__(self, brightness):
        super().__init__()
        self.brightness = brightness

    def forward(self, z, condition):
        return torch.full((len(z), 3, 16, 16), self.brightness)


@pytest.mark.parametrize(("brightness", "fake"), [(0.9, 0.0), (0.5, 0.0), (0.3, 0.25 - 0.09), (0.0, 0.25)])
def test_generated_images_above_the_margin_cost_the_critic_nothing(brightness, fake):
    """The energy of a flat image is its brightness squared, and the margin is 0.5 squared."""
    objective, _ = setup(margin=0.25)
    nets = {"encoder": Brightness(), "decoder": Decoder(), "generator": Flat(brightness)}
    terms = objective.phases()[0].loss(nets, Batch(torch.full((2, 3, 16, 16), -0.4), Condition()), draw(objective.prior))
    assert float(terms["real"]) == pytest.approx(0.16, rel=1e-5)
    assert float(terms["fake"]) == pytest.approx(fake, abs=1e-6)
    assert float(terms["~fake_energy"]) == pytest.approx(brightness**2, abs=1e-6)


def test_the_margin_holds_for_each_image_by_itself():
    """Energies 0 and 0.81 against a margin of 0.4 cost (0.4 + 0) / 2, though their mean is above it."""
    objective, _ = setup(margin=0.4)

    class Two(Generator):
        latent = 3

        def forward(self, z, condition):
            return torch.stack([torch.zeros(3, 16, 16), torch.full((3, 16, 16), 0.9)])

    nets = {"encoder": Brightness(), "decoder": Decoder(), "generator": Two()}
    terms = objective.phases()[0].loss(nets, batch(2), draw(objective.prior))
    assert float(terms["fake"]) == pytest.approx(0.2, rel=1e-5)


def test_above_the_margin_the_critic_gets_no_gradient_from_generated_images():
    objective, nets = setup(margin=1e-9)
    terms = objective.phases()[0].loss(nets, batch(), draw(objective.prior))
    weight = nets["encoder"].readout.weight
    (fake,) = torch.autograd.grad(terms["fake"], weight, retain_graph=True)
    (real,) = torch.autograd.grad(terms["real"], weight)
    assert not fake.any() and real.any()


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 5), seed=st.integers(0, 99))
def test_the_default_margin_is_half_the_energy_of_the_mean_colour(n, seed):
    images = torch.rand(n, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    pixels = images.permute(0, 2, 3, 1).reshape(-1, 3).tolist()
    mean = [sum(pixel[c] for pixel in pixels) / len(pixels) for c in range(3)]
    expected = sum((pixel[c] - mean[c]) ** 2 for pixel in pixels for c in range(3)) / (3 * len(pixels))
    assert float(spread(images)) == pytest.approx(expected, rel=1e-4)
    constant = torch.tensor(mean).view(1, 3, 1, 1).expand_as(images)
    assert float((images - constant).square().mean()) == pytest.approx(expected, rel=1e-4)
    objective, _ = setup(margin=None)
    nets = {"encoder": Brightness(), "decoder": Decoder(), "generator": Flat(0.0)}  # generated images have no energy
    terms = objective.phases()[0].loss(nets, Batch(images, Condition()), draw(objective.prior))
    assert float(terms["fake"]) == pytest.approx(expected / 2, rel=1e-4)


# --- the pulling-away term -------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(n=st.integers(2, 6), size=st.integers(1, 5), seed=st.integers(0, 999), scale=st.sampled_from([1e-3, 1.0, 1e3]))
def test_pull_away_equals_a_double_loop_over_cosines(n, size, seed, scale):
    code = scale * torch.randn(n, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    rows, found = code.tolist(), 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                inner = sum(a * b for a, b in zip(rows[i], rows[j], strict=True))
                found += (inner / (math.hypot(*rows[i]) * math.hypot(*rows[j]))) ** 2
    assert float(pull_away(code)) == pytest.approx(found / (n * (n - 1)), rel=1e-6, abs=1e-9)


def test_pull_away_of_orthogonal_equal_opposite_single_and_zero_codes():
    assert float(pull_away(torch.eye(3))) == pytest.approx(0, abs=1e-6)
    assert float(pull_away(torch.ones(4, 3))) == pytest.approx(1)
    assert float(pull_away(torch.tensor([[1.0, 2.0], [-1.0, -2.0]]))) == pytest.approx(1)  # squared, as equation 4 has it
    assert float(pull_away(torch.ones(1, 3))) == 0
    zero = torch.zeros(3, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(pull_away(zero), zero)
    assert torch.isfinite(gradient).all()


# --- the game --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [{}, {"type": ("fire", "water")}])
@pytest.mark.parametrize("n", [1, 4])
def test_phases_are_finite_and_move_only_their_own_networks(labels, n):
    space = Space(16, 3, labels)
    objective, nets = setup(space)
    for phase in objective.phases():
        for name, net in nets.items():
            net.zero_grad()
            net.requires_grad_(name in phase.trains)
        terms = phase.loss(nets, batch(n, space), draw(objective.prior))
        assert all(torch.isfinite(value) and value.dim() == 0 for value in terms.values())
        total(terms).backward()
        for name, net in nets.items():
            assert any(p.grad is not None and bool(p.grad.any()) for p in net.parameters()) == (name in phase.trains)


def test_without_weight_there_is_no_pulling_away():
    for weight, expected in ((0.0, False), (0.1, True)):
        objective, nets = setup(pull_away=weight)
        terms = objective.phases()[1].loss(nets, batch(), draw(objective.prior))
        assert ("pull_away" in terms) == expected
        if expected:
            assert 0 < float(terms["pull_away"]) <= 0.1


def test_options_and_entries():
    assert parse(EbganOptions, {"margin": "none"}, "objective").margin is None
    assert parse(EbganOptions, {"margin": "0.5", "code": "32"}, "objective").margin == 0.5
    for entry in zoo_entries():
        check_entry(entry)


class Painter(Generator):
    """Latents -> flat images; the colour is all there is to learn."""

    def __init__(self, latent):
        super().__init__()
        self.latent = latent
        self.layer = nn.Linear(latent, 3)
        nn.init.constant_(self.layer.bias, -1.0)

    def forward(self, z, condition):
        return torch.tanh(0.1 * self.layer(z) + self.layer.bias)[:, :, None, None].expand(-1, 3, 4, 4)


class Encoder(Critic):
    def __init__(self, out):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 16), nn.LeakyReLU(0.2), nn.Linear(16, out))

    def forward(self, x, condition):
        return self.body(x.mean((2, 3)))


def test_the_generator_learns_the_colours():
    """Real images are flat, near one orange; 120 iterations bring the generated mean colour within 0.15 per channel."""
    torch.manual_seed(0)
    objective = EnergyBased(EbganOptions(latent=2, code=2, margin=0.3))
    nets = {"generator": Painter(2), "encoder": Encoder(2), "decoder": Painter(2)}
    orange = torch.tensor([0.7, 0.1, -0.6])
    noise = 0.05 * torch.randn(16, 3, generator=torch.Generator().manual_seed(0))
    data = Batch((orange + noise)[:, :, None, None].expand(-1, 3, 4, 4), Condition())
    phases = objective.phases()
    weights = {phase.name: [w for name in phase.trains for w in nets[name].parameters()] for phase in phases}
    optimizers = {name: torch.optim.Adam(trained, 0.03, (0.5, 0.99)) for name, trained in weights.items()}
    colours = []
    for i in range(120):
        for place, phase in enumerate(phases):
            for name, net in nets.items():
                net.requires_grad_(name in phase.trains)
            optimizers[phase.name].zero_grad()
            total(phase.loss(nets, data, draw(objective.prior, i, place))).backward()
            optimizers[phase.name].step()
        with torch.no_grad():
            colours.append(nets["generator"](torch.zeros(1, 2), Condition())[0, :, 0, 0])
    assert (colours[0] - orange).abs().max() > 0.5
    assert (torch.stack(colours[-30:]).mean(0) - orange).abs().max() < 0.15
