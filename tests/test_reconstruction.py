"""Reconstruction costs against likelihoods of torch.distributions, in float64."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_core.objectives.reconstruction import RECONSTRUCTIONS, reconstruction


def likelihood(name, image, target):
    """Minus the log-likelihood of every image with its constants, by torch.distributions."""
    if name == "mse":
        found = torch.distributions.Normal(image, 1.0).log_prob(target)
    elif name == "l1":
        found = torch.distributions.Laplace(image, 1.0).log_prob(target)
    else:
        found = torch.distributions.Bernoulli(probs=(image + 1) / 2, validate_args=False).log_prob((target + 1) / 2)
    return -found.sum((1, 2, 3))


@pytest.mark.parametrize(("name", "constant"), [("mse", math.log(2 * math.pi) / 2), ("l1", math.log(2)), ("bce", 0.0)])
@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 4), channels=st.sampled_from([1, 3, 4]), size=st.integers(1, 9), seed=st.integers(0, 10**6))
def test_it_is_minus_the_log_likelihood_without_its_constant(name, constant, n, channels, size, seed):
    draw = torch.Generator().manual_seed(seed)
    image, target = (torch.rand(n, channels, size, size, generator=draw, dtype=torch.float64) * 1.98 - 0.99 for _ in range(2))
    numbers = channels * size**2
    found = reconstruction(name, image.float(), target.float())
    assert found.shape == (n,) and found.dtype == torch.float32
    torch.testing.assert_close(found.double(), likelihood(name, image, target) - constant * numbers, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", RECONSTRUCTIONS)
def test_gradients_are_those_of_the_likelihood(name):
    torch.manual_seed(0)
    image, target = torch.rand(2, 3, 4, 4) * 1.9 - 0.95, torch.rand(2, 3, 4, 4) * 2 - 1
    ours, theirs = image.clone().requires_grad_(), image.double().requires_grad_()
    (found,) = torch.autograd.grad(reconstruction(name, ours, target).sum(), ours)
    (truth,) = torch.autograd.grad(likelihood(name, theirs, target.double()).sum(), theirs)
    torch.testing.assert_close(found.double(), truth, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", RECONSTRUCTIONS)
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
def test_saturated_pixels_stay_finite(name, wrong):
    target = torch.tensor([-1.0, 1.0]).view(1, 1, 1, 2)
    features = (-40 if wrong else 40) * target.clone().requires_grad_()  # tanh of it is exactly -1 and 1
    cost = reconstruction(name, torch.tanh(features), target)
    (gradient,) = torch.autograd.grad(cost.sum(), features)
    assert torch.isfinite(cost).all() and torch.isfinite(gradient).all()
    assert cost.item() > 3 if wrong else cost.item() < 1e-5


@pytest.mark.parametrize("name", RECONSTRUCTIONS)
def test_the_target_is_the_best_answer(name):
    torch.manual_seed(0)
    target = torch.rand(1, 3, 5, 5) * 2 - 1
    best = reconstruction(name, target, target)
    for scale in (1e-2, 1e-1, 1.0):
        other = (target + scale * torch.randn_like(target)).clamp(-1, 1)
        assert (reconstruction(name, other, target) > best).all()


def test_half_precision_is_summed_in_float32():
    image, target = torch.ones(1, 3, 64, 64, dtype=torch.bfloat16), -torch.ones(1, 3, 64, 64, dtype=torch.bfloat16)
    assert reconstruction("mse", image, target).item() == 2 * 3 * 64 * 64


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="psnr is none of mse, l1, bce"):
        reconstruction("psnr", torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2))
