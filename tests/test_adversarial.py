"""Adversarial losses against plain arithmetic and optimal critics, and the objective that puts loss and penalty together."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from zoo_core.interfaces import Batch, Condition, Critic, Generator
from zoo_core.objectives import losses
from zoo_core.objectives.adversarial import Adversarial, adversarial
from zoo_core.objectives.losses import WASSERSTEIN, cross_entropy, hinge, least_squares, relativistic, relativistic_average
from zoo_core.objectives.options import LOSSES, PENALTIES, GanOptions
from zoo_core.options import parse
from zoo_core.space import Space
from zoo_train.draw import CounterDraw

FREE = Condition()


def total(terms):
    return sum(value for name, value in terms.items() if not name.startswith("~"))


def draw(iteration=0, prior=None):
    return CounterDraw(0, prior, torch.device("cpu")).at(iteration, 0, 0)


# --- losses ----------------------------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


NAIVE = {  # loss -> (its critic's, its generator's), one image at a time
    "cross_entropy": (
        cross_entropy(0.1),
        lambda r, f: (
            mean(-0.9 * math.log(sigmoid(x)) - 0.1 * math.log(1 - sigmoid(x)) for x in r)
            + mean(-math.log(1 - sigmoid(x)) for x in f)
        ),
        lambda r, f: mean(-math.log(sigmoid(x)) for x in f),
    ),
    "saturating": (
        cross_entropy(saturating=True),
        lambda r, f: mean(-math.log(sigmoid(x)) for x in r) + mean(-math.log(1 - sigmoid(x)) for x in f),
        lambda r, f: mean(math.log(1 - sigmoid(x)) for x in f),
    ),
    "least_squares": (
        least_squares(0.1),
        lambda r, f: 0.5 * mean((x - 0.9) ** 2 for x in r) + 0.5 * mean(x**2 for x in f),
        lambda r, f: 0.5 * mean((x - 1) ** 2 for x in f),
    ),
    "hinge": (
        hinge(),
        lambda r, f: mean(max(0.0, 1 - x) for x in r) + mean(max(0.0, 1 + x) for x in f),
        lambda r, f: -mean(f),
    ),
    "wasserstein": (WASSERSTEIN, lambda r, f: mean(f) - mean(r), lambda r, f: -mean(f)),
    "relativistic": (
        relativistic(),
        lambda r, f: mean(-math.log(sigmoid(a - b)) for a, b in zip(r, f, strict=True)),
        lambda r, f: mean(-math.log(sigmoid(b - a)) for a, b in zip(r, f, strict=True)),
    ),
    "relativistic_average": (
        relativistic_average(),
        lambda r, f: mean(-math.log(sigmoid(x - mean(f))) for x in r) + mean(-math.log(1 - sigmoid(x - mean(r))) for x in f),
        lambda r, f: mean(-math.log(1 - sigmoid(x - mean(f))) for x in r) + mean(-math.log(sigmoid(x - mean(r))) for x in f),
    ),
}
scores = st.lists(st.tuples(st.floats(-8, 8), st.floats(-8, 8)), min_size=1, max_size=6)


def test_every_loss_has_a_naive_form_here():
    assert set(NAIVE) == set(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=30, deadline=None)
@given(pairs=scores)
def test_losses_equal_plain_arithmetic(name, pairs):
    loss, critic, generator = NAIVE[name]
    real, fake = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    r, f = (torch.tensor(values, dtype=torch.float64)[:, None] for values in (real, fake))
    assert float(total(loss.critic(r, f))) == pytest.approx(critic(real, fake), abs=1e-7)
    assert float(total(loss.generator(f, lambda: r))) == pytest.approx(generator(real, fake), abs=1e-7)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_stay_finite_far_out(name):
    far = torch.tensor([[1e4], [-1e4]], requires_grad=True)
    loss = NAIVE[name][0]
    for terms in (loss.critic(far, far.flip(0)), loss.generator(far, lambda: far.flip(0).detach())):
        (gradient,) = torch.autograd.grad(total(terms), far)
        assert torch.isfinite(total(terms)) and torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", LOSSES)
def test_only_relativistic_losses_ask_for_real_outputs_in_the_generators_step(name):
    asked = []
    NAIVE[name][0].generator(torch.zeros(3, 1), lambda: asked.append(1) or torch.zeros(3, 1))
    assert bool(asked) == name.startswith("relativistic")


P = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)  # real images: a distribution on four points
Q = torch.tensor([0.05, 0.25, 0.3, 0.4], dtype=torch.float64)  # generated ones


def best_critic(loss):
    """The score of each of the four points that minimises the critic's loss, by Newton's method."""
    # 20 images of every 0.05 of probability, in all pairs, so that losses of pairs see the product distribution
    real, fake = (torch.arange(4).repeat_interleave((20 * p).round().long()) for p in (P, Q))
    real, fake = real.repeat_interleave(20), fake.repeat(20)
    return newton(
        lambda table: total(loss.critic(table[real][:, None], table[fake][:, None])), torch.zeros(4, dtype=torch.float64)
    )


def newton(function, x):
    """Where a smooth convex function is least."""
    for _ in range(12):
        slope = torch.autograd.functional.jacobian(function, x)
        curvature = torch.autograd.functional.hessian(function, x)
        x = x - torch.linalg.pinv(curvature, hermitian=True) @ slope  # a flat direction is left alone
    assert float(slope.abs().max()) < 1e-9
    return x


def test_optimal_critic_of_cross_entropy_is_the_logit_of_p_over_p_plus_q():
    torch.testing.assert_close(best_critic(cross_entropy()), torch.log(P / Q), atol=1e-5, rtol=0)
    smooth = 0.8 * P / (P + Q)
    torch.testing.assert_close(best_critic(cross_entropy(0.2)), torch.logit(smooth), atol=1e-5, rtol=0)


def test_value_at_the_optimal_critic_is_the_jensen_shannon_divergence():
    loss = cross_entropy()
    value = total(
        loss.critic(
            torch.log(P / Q)[:, None].expand(4, 1)[torch.tensor([0] * 10 + [1] * 6 + [2] * 3 + [3])],
            torch.log(P / Q)[:, None][torch.tensor([0] + [1] * 5 + [2] * 6 + [3] * 8)],
        )
    )
    middle = (P + Q) / 2
    divergence = (P * (P / middle).log() + Q * (Q / middle).log()).sum() / 2
    assert float(value) == pytest.approx(2 * math.log(2) - 2 * float(divergence), abs=1e-9)


def test_optimal_critic_of_least_squares_is_p_over_p_plus_q():
    torch.testing.assert_close(best_critic(least_squares()), P / (P + Q), atol=1e-6, rtol=0)
    torch.testing.assert_close(best_critic(least_squares(0.2)), 0.8 * P / (P + Q), atol=1e-6, rtol=0)


def test_optimal_critic_of_hinge_is_the_sign_of_p_minus_q():
    loss, grid = hinge(), torch.linspace(-2, 2, 81, dtype=torch.float64)
    for p, q, best in zip(P.tolist(), Q.tolist(), torch.sign(P - Q).tolist(), strict=True):
        values = [p * loss.critic(s, torch.zeros(1))["real"] + q * loss.critic(torch.zeros(1), s)["fake"] for s in grid]
        assert float(grid[int(torch.stack(values).argmin())]) == pytest.approx(best, abs=1e-9)


def test_optimal_critic_on_two_gaussians_is_linear():
    """N(1, 1) against N(-1, 1): log p / q = 2 x. Quadrature in place of sampling, so the answer is exact."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    copies = np.maximum(np.round(weights / weights.sum() * 20000), 0).astype(int)
    x = torch.tensor(np.repeat(nodes, copies))

    def value(slope):
        return total(cross_entropy().critic((slope * (x + 1))[:, None], (slope * (x - 1))[:, None]))

    slope = newton(value, torch.zeros(1, dtype=torch.float64))
    assert float(slope) == pytest.approx(2.0, abs=0.01)


def test_relativistic_critic_of_pairs_is_the_log_ratio_up_to_a_constant():
    """For one pair the optimum of P(x is real | x and y) is C(x) - C(y) = log p(x) q(y) / (q(x) p(y))."""
    best = best_critic(relativistic())
    torch.testing.assert_close(best - best[0], torch.log(P / Q) - torch.log(P / Q)[0], atol=1e-4, rtol=0)


# --- the objective ---------------------------------------------------------------------------------------------------


class Affine(Generator):
    """z -> a constant image of brightness tanh(a z + b)."""

    latent = 1

    def __init__(self, channels=2, size=3):
        super().__init__()
        self.shape = (channels, size, size)
        self.a, self.b = nn.Parameter(torch.tensor(0.1)), nn.Parameter(torch.tensor(-0.5))

    def forward(self, z, condition):
        return torch.tanh(self.a * z + self.b)[:, :, None, None].expand(-1, *self.shape)


class Mean(Critic):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))

    def forward(self, x, condition):
        return self.body(x.mean((1, 2, 3), keepdim=False)[:, None])


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_combination_gives_finite_terms_and_moves_only_its_own_network(loss, penalty):
    torch.manual_seed(0)
    objective = adversarial(GanOptions(latent=1, loss=loss, penalty=penalty))
    nets = {"generator": Affine(), "critic": Mean()}
    batch = Batch(torch.rand(4, 2, 3, 3), FREE)
    for phase in objective.phases():
        for name, net in nets.items():
            net.zero_grad()
            net.requires_grad_(name in phase.trains)
        terms = phase.loss(nets, batch, draw(prior=objective.prior))
        assert all(torch.isfinite(value) and value.dim() == 0 for value in terms.values())
        assert ("penalty" in terms) == (phase.name == "critic" and penalty != "none")
        total(terms).backward()
        for name, net in nets.items():
            moved = [p.grad is not None and bool(p.grad.any()) for p in net.parameters()]
            assert any(moved) == (name in phase.trains)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_learns_a_brightness(loss):
    """Real images all have brightness 0.5; the generator starts at -0.46 and must settle within 0.05."""
    torch.manual_seed(0)
    objective = adversarial(GanOptions(latent=1, loss=loss, penalty="r1", penalty_weight=1.0))
    assert isinstance(objective, Adversarial)
    nets = {"generator": Affine(), "critic": Mean()}
    batch = Batch(torch.full((16, 2, 3, 3), 0.5), FREE)
    optimizers = {name: torch.optim.Adam(net.parameters(), 0.03, betas=(0.0, 0.99)) for name, net in nets.items()}
    reached = []
    for i in range(120):
        for phase in objective.phases():
            for name, net in nets.items():
                net.requires_grad_(name in phase.trains)
            optimizer = optimizers[phase.trains[0]]
            optimizer.zero_grad()
            total(phase.loss(nets, batch, draw(i, objective.prior))).backward()
            optimizer.step()
        reached.append(float(torch.tanh(nets["generator"].b.detach())))
    assert abs(mean(reached[-50:]) - 0.5) < 0.05


def test_clip_holds_the_critics_weights_in_the_box():
    objective = adversarial(GanOptions(loss="wasserstein", clip=0.05))
    critic, *_ = objective.phases()
    nets = {"critic": Mean(), "generator": Affine()}
    critic.after(nets)
    assert max(float(p.abs().max()) for p in nets["critic"].parameters()) == pytest.approx(0.05)
    assert float(nets["generator"].b) == -0.5


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"loss": "hinge", "label_smoothing": 0.1}, "label_smoothing"),
        ({"penalty_interval": 4}, "penalty_interval"),
    ],
)
def test_options_that_contradict_each_other_are_refused(values, word):
    problem = GanOptions(**values).fits(Space(32))
    assert problem and word in problem and "type" in problem and "\n" not in problem
    assert GanOptions(loss="least_squares", label_smoothing=0.1, penalty="r1", penalty_interval=4).fits(Space(32)) is None


def test_options_survive_text():
    options = parse(GanOptions, {"loss": "hinge", "penalty": "r1", "penalty_interval": "16"}, "objective")
    assert (options.loss, options.penalty, options.penalty_interval) == ("hinge", "r1", 16)


def test_losses_module_and_options_name_the_same_losses():
    for name in LOSSES:
        objective = adversarial(GanOptions(loss=name))
        assert isinstance(objective.loss, losses.AdversarialLoss)
