"""The critic's gradient with respect to its input, computed forwards, against finite differences and autograd."""

import copy

import pytest
import torch

from zoo_core.interfaces import Condition
from zoo_core.nets.critic import ConvCritic
from zoo_core.nets.options import ConvCriticOptions
from zoo_core.space import Space
from zoo_testing.networks import condition

LABELS = {"type": ("fire", "water", "grass"), "legs": ("two", "four")}


def critic(space, out=1, vector=0, **options):
    torch.manual_seed(0)
    return ConvCritic(space, out, vector, ConvCriticOptions(**({"width": 2, "max_width": 6, "hidden": 12} | options)))


def cast(condition, dtype):
    return Condition(condition.labels, None if condition.guide is None else condition.guide.to(dtype))


def relative(a, b):
    a, b = a.detach().double(), b.detach().double()
    return float((a - b).norm() / b.norm())


PIECEWISE = [
    {"kind": "plain"},
    {"kind": "labels"},
    {"kind": "guide"},
    {"kind": "labels guide", "out": 5, "depth": 3},
    {"kind": "plain", "kernel": 3, "activation": "relu", "init": "kaiming"},
    {"kind": "labels", "kernel": 5, "depth": 2, "size": 24, "channels": 4},
    {"kind": "plain", "kernel": 2, "channels": 1, "size": 48},
    {"kind": "labels guide", "norm": "spectral", "out": 2},
    {"kind": "labels guide", "halving": "averaged", "depth": 2, "out": 2},
    {"kind": "plain", "halving": "averaged", "norm": "spectral", "kernel": 3, "size": 24},
    {"kind": "plain", "vector": 6, "out": 3},
    {"kind": "labels guide", "vector": 6, "norm": "spectral"},
]


def piecewise(case, n=3):
    """A float64 critic, its input and condition."""
    case = dict(case)
    kind, size, channels = case.pop("kind"), case.pop("size", 16), case.pop("channels", 3)
    space = Space(size, channels, LABELS if "labels" in kind else {}, guide=2 if "guide" in kind else 0)
    given = condition(space, n)
    if given.labels is not None:
        given.labels[n - 1, 1] = -1
    net = critic(space, case.pop("out", 1), case.pop("vector", 0), **({"init": "torch", "width": 4, "max_width": 7} | case))
    shape = (n, 6) if net.blocks[0][0].weight.dim() == 2 else (n, channels, size, size)
    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    return net.double(), x, cast(given, torch.float64)


def penalty(gradient):
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def by_autograd(net, x, condition):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(net(x, condition).sum(), x, create_graph=True)[0]


@pytest.mark.parametrize("case", PIECEWISE, ids=str)
def test_input_gradient_equals_finite_differences(case):
    net, x, condition = piecewise(case)
    net.eval()
    gradient = net.input_gradient(x, condition)
    step = 1e-6
    for seed in range(3):
        v = torch.randn(x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            slope = (net(x + step * v, condition) - net(x - step * v, condition)).sum(1) / (2 * step)
        torch.testing.assert_close((gradient * v).flatten(1).sum(1), slope, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", PIECEWISE, ids=str)
def test_penalty_gradients_equal_double_backward(case, training):
    net, x, condition = piecewise(case)
    net.train(training)
    truth, narrow = copy.deepcopy(net), copy.deepcopy(net).float()
    expected = by_autograd(truth, x, condition)
    found = net.input_gradient(x, condition)
    assert not found.isnan().any() and relative(found, expected) < 1e-12
    penalty(expected).backward()
    penalty(found).backward()
    penalty(narrow.input_gradient(x.float(), cast(condition, torch.float32))).backward()
    compared = 0
    for name, want in truth.named_parameters():
        got, got32 = net.get_parameter(name).grad, narrow.get_parameter(name).grad
        if want.grad is None or want.grad.norm() == 0:
            assert got is None or got.norm() == 0, name
            continue
        compared += 1
        assert relative(got, want.grad) < 1e-6, name
        assert relative(got32, want.grad) < 2e-5, name
    assert compared >= len(net.blocks) + 1  # every layer's weight and the readout's
    if training:  # the same number of power iterations
        assert all(torch.allclose(a, b) for a, b in zip(net.buffers(), truth.buffers(), strict=True))


@pytest.mark.parametrize(
    "options",
    [
        {"norm": "batch"},
        {"norm": "instance"},
        {"norm": "layer"},
        {"activation": "gelu"},
        {"activation": "elu"},
        {"dropout": 0.1},
    ],
    ids=str,
)
def test_a_critic_that_is_not_piecewise_linear_offers_no_input_gradient(options):
    for vector in (0, 4):
        assert getattr(critic(Space(16), vector=vector, **options), "input_gradient", None) is None


@pytest.mark.parametrize("case", [case for case in PIECEWISE if case.get("out", 1) > 1], ids=str)
def test_the_input_gradient_of_one_output_equals_autograd(case):
    net, x, condition = piecewise(case)
    net.eval()
    at = x.clone().requires_grad_()
    scores = net(at, condition)
    for output in range(case["out"]):
        (expected,) = torch.autograd.grad(scores[:, output].sum(), at, create_graph=True)
        found = net.input_gradient(x, condition, output=output)
        assert relative(found, expected) < 1e-12
        wanted = torch.autograd.grad(penalty(expected), list(net.parameters()), retain_graph=True, allow_unused=True)
        got = torch.autograd.grad(penalty(found), list(net.parameters()), allow_unused=True)
        for (name, _), a, b in zip(net.named_parameters(), got, wanted, strict=True):
            if b is not None and b.norm() > 0:
                assert relative(a, b) < 1e-6, name


def test_input_gradient_of_one_image_and_without_a_graph():
    net, x, condition = piecewise({"kind": "labels guide"}, n=1)
    with torch.no_grad():
        found = net.input_gradient(x, condition)
    assert not found.requires_grad and relative(found, by_autograd(net, x, condition)) < 1e-12
    assert x.grad is None and all(p.grad is None for p in net.parameters())


def test_penalty_gradients_survive_autocast():
    net, x, condition = piecewise({"kind": "labels guide", "depth": 2})
    penalty(by_autograd(net, x, condition)).backward()
    narrow = copy.deepcopy(net).float()
    narrow.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        gradient = narrow.input_gradient(x.float(), cast(condition, torch.float32))
    penalty(gradient.float()).backward()
    for name, want in net.named_parameters():
        if want.grad is not None and want.grad.norm() > 0:
            assert relative(narrow.get_parameter(name).grad, want.grad) < 0.2, name
