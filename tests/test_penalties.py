"""Penalties per image against finite differences, and the lazy interval."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from zoo_core.interfaces import Condition, Critic
from zoo_core.nets.critic import ConvCritic
from zoo_core.nets.options import ConvCriticOptions
from zoo_core.objectives.options import PENALTIES
from zoo_core.objectives.penalties import dragan, gradient_penalty, lazy, named_penalty, zero_centred
from zoo_core.space import Space
from zoo_train.draw import CounterDraw

FREE = Condition()


def draw(iteration=0):
    return CounterDraw(0, None, torch.device("cpu")).at(iteration, 0, 0)


def mean(values):
    values = list(values)
    return sum(values) / len(values)


class Bumpy(Critic):
    """A smooth float64 critic with an answer of its own for every image."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        convolution = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Tanh(), nn.Flatten())
        self.body = nn.Sequential(convolution, nn.Linear(27, 4), nn.Tanh(), nn.Linear(4, 1))
        self.double()

    def forward(self, x, condition):
        return 12 * self.body(x)


def images(seed, n=3):
    """Of rising contrast, so that the critic's tangents flatten from one to the next."""
    noise = torch.randn(n, 2, 3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return noise * torch.logspace(-1, 1, n, dtype=torch.float64).view(n, 1, 1, 1)


def slope(critic, x, step=1e-5):
    """Central differences of one image's score: (C, H, W)."""
    found = torch.zeros_like(x).flatten()
    for i in range(x.numel()):
        plus, minus = x.flatten().clone(), x.flatten().clone()
        plus[i] += step
        minus[i] -= step
        with torch.no_grad():
            pair = critic(torch.stack([plus, minus]).view(2, *x.shape), FREE)
        found[i] = (pair[0] - pair[1]).item() / (2 * step)
    return found


def norms(critic, x):
    return torch.stack([slope(critic, image).norm() for image in x])  # one norm per image, over all its numbers


def test_r1_and_r2_are_half_the_squared_norm_by_finite_differences():
    critic, real, fake = Bumpy(), images(0), images(1)
    for name, at in (("r1", [real]), ("r2", [fake]), ("r1_r2", [real, fake])):
        expected = sum(0.5 * (norms(critic, x) ** 2).mean() for x in at)
        ours = named_penalty(name, 7.0)(critic, real, fake, FREE, draw())
        assert float(ours) == pytest.approx(7 * float(expected), rel=1e-5)
    assert float(zero_centred(critic, real, FREE)) == pytest.approx(0.5 * float((norms(critic, real) ** 2).mean()), rel=1e-5)


@pytest.mark.parametrize("target", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("one_sided", [False, True])
def test_gradient_penalty_is_per_image_by_finite_differences(target, one_sided):
    critic, real, fake = Bumpy(), images(0), images(1)
    epsilon = torch.tensor([0.0, 0.3, 1.0], dtype=torch.float64)
    between = torch.stack([e * r + (1 - e) * f for e, r, f in zip(epsilon, real, fake, strict=True)])
    found = norms(critic, between)
    assert (found < 1).any() and (found > 1).any()  # so that the two sides differ
    excess = [max(0.0, float(norm) - target) if one_sided else float(norm) - target for norm in found]
    ours = gradient_penalty(critic, real, fake, FREE, epsilon, target=target, one_sided=one_sided)
    assert float(ours) == pytest.approx(mean(x**2 for x in excess), rel=1e-4)
    same = CounterDraw(0, None, torch.device("cpu")).at(0, 0, 0).uniform(3)
    named = named_penalty("one_sided" if one_sided else "gradient", 3.0, target)(critic, real, fake, FREE, draw())
    plain = gradient_penalty(critic, real, fake, FREE, same, target=target, one_sided=one_sided)
    assert float(named) == pytest.approx(3 * float(plain))


def test_dragan_looks_around_real_images_by_finite_differences():
    critic, real, noise = Bumpy(), images(0), images(5)
    around = real + 0.5 * np.std(real.numpy()) * noise
    expected = float(((norms(critic, around) - 0.5) ** 2).mean())
    assert float(dragan(critic, real, FREE, noise, target=0.5)) == pytest.approx(expected, rel=1e-4)
    ours = named_penalty("dragan", 2.0, 0.5)(critic, real, images(1), FREE, draw())
    plain = dragan(critic, real, FREE, draw().normal(*real.shape), target=0.5)
    assert float(ours) == pytest.approx(2 * float(plain))


@pytest.mark.parametrize("name", PENALTIES[1:])
def test_gradient_of_a_penalty_in_the_weights_equals_finite_differences(name):
    critic, real, fake = Bumpy(), images(0), images(1)
    penalty = named_penalty(name, 1.0, 0.3)
    weight = critic.body[1].weight
    (exact,) = torch.autograd.grad(penalty(critic, real, fake, FREE, draw()), weight)
    # norms are accumulated in float32, so the step is wide
    for place in [(0, 0), (1, 5), (3, 26)]:
        sides = []
        for step in (1e-2, -1e-2):
            with torch.no_grad():
                weight[place] += step
            sides.append(float(penalty(critic, real, fake, FREE, draw())))
            with torch.no_grad():
                weight[place] -= step
        assert (sides[0] - sides[1]) / 2e-2 == pytest.approx(float(exact[place]), rel=2e-2, abs=1e-4)


@pytest.mark.parametrize("name", PENALTIES[1:])
def test_the_forward_computed_gradient_gives_the_same_penalty(name):
    torch.manual_seed(0)
    critic = ConvCritic(Space(16), 1, 0, ConvCriticOptions(width=4))
    real, fake = torch.randn(2, 3, 3, 16, 16).unbind()
    assert critic.input_gradient is not None

    class Plain(nn.Module):
        def forward(self, x, condition):
            return critic(x, condition)

    penalty = named_penalty(name, 1.0)
    torch.testing.assert_close(penalty(critic, real, fake, FREE, draw()), penalty(Plain(), real, fake, FREE, draw()))


def test_no_penalty_has_no_function():
    assert named_penalty("none", 10.0) is None


@settings(max_examples=20, deadline=None)
@given(interval=st.integers(1, 12), weight=st.floats(0.1, 10))
def test_a_lazy_penalty_is_the_same_on_average_and_does_nothing_in_between(interval, weight):
    calls = []

    def penalty(critic, real, fake, condition, at):
        calls.append(at.iteration)
        return torch.tensor(weight)

    sometimes = lazy(penalty, interval)
    values = [float(sometimes(None, torch.zeros(1), None, FREE, draw(i))) for i in range(3 * interval)]
    assert calls == [0, interval, 2 * interval]
    assert mean(values) == pytest.approx(weight, rel=1e-6)
