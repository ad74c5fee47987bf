"""Checks of critics, on the smallest images that they claim to fit."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import torch
from torch import Tensor

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition, Critic
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.networks import condition, critic, images, slope, wake
from zoo_testing.subject import Misfit, Subject

VECTOR = 7


def shape(subject: Subject) -> None:
    """A Critic: (N, C, size, size) -> (N, out), for any number of outputs."""
    space = subject.space()
    for out in (1, 5):
        net = critic(subject, space, out)
        expect(isinstance(net, Critic), f"the target made a {type(net).__name__}, no zoo_core.interfaces.Critic")
        _expect_scores(net.eval()(images(space), condition(space)), 4, out)


def batch_of_one(subject: Subject) -> None:
    """In eval mode it takes a batch of one."""
    space = subject.space()
    _expect_scores(wake(critic(subject, space, 3))(images(space, 1), condition(space, 1)), 1, 3)


def finite(subject: Subject) -> None:
    """Outputs are finite, for images of one colour too."""
    space = subject.space()
    net = wake(critic(subject, space))
    for what, x in (("noise", images(space)), ("black images", -torch.ones_like(images(space)))):
        expect(bool(net(x, condition(space)).isfinite().all()), f"outputs for {what} are not finite")


def vectors(subject: Subject) -> None:
    """With `vector` > 0 it takes (N, vector), or refuses with a ZooError: adversarial autoencoders need a critic of codes."""
    space = subject.space()
    try:
        net = wake(critic(subject, space, 3, VECTOR))
    except ZooError as error:
        raise NotApplicable(str(error)) from None
    _expect_scores(net(torch.randn(4, VECTOR), condition(space)), 4, 3)


def trains_everything(subject: Subject) -> None:
    """Gradients reach every parameter: what is never trained belongs into a buffer, or out of the network."""
    space = subject.space()
    net = wake(critic(subject, space, 2))
    untouched = {name for name, value in net.named_parameters() if value.requires_grad}
    for seed in range(3):
        net.zero_grad(set_to_none=True)
        net(images(space, 8, seed), condition(space, 8, seed)).square().sum().backward()
        untouched -= {name for name, value in net.named_parameters() if value.grad is not None and bool(value.grad.any())}
    expect(not untouched, f"no gradient at {', '.join(sorted(untouched))}")


def first_gradient(subject: Subject) -> None:
    """The gradient with respect to the images is that of the outputs: it is what trains the generator."""
    space = subject.space()
    net, x, given = wake(critic(subject, space)).double(), images(space).double(), _double(condition(space))
    gradient = _gradient(net, x, given)
    direction = torch.randn_like(x)
    got, wanted = float((gradient * direction).sum()), slope(lambda at: net(at, given).sum(), x, direction)
    _expect_close(got, wanted, "along a random direction autograd says {got:.6g}, differences of outputs say {wanted:.6g}")


def second_gradient(subject: Subject) -> None:
    """The norm of that gradient can be differentiated in the weights: gradient penalties are made of it."""
    space = subject.space()
    net, x, given = wake(critic(subject, space)).double(), images(space).double(), _double(condition(space))
    weights = [parameter for parameter in net.parameters() if parameter.requires_grad]
    start = torch.nn.utils.parameters_to_vector(weights).detach()
    direction = torch.randn_like(start)

    def penalty() -> Tensor:
        return _gradient(net, x, given, create_graph=True).square().sum()

    def at(vector: Tensor) -> Tensor:
        torch.nn.utils.vector_to_parameters(vector, weights)
        with torch.enable_grad():
            return penalty().detach()

    try:
        found = torch.autograd.grad(penalty(), weights, allow_unused=True)
    except RuntimeError as error:
        expect(False, f"the second derivative fails: {str(error).splitlines()[0]}")
    flat = torch.cat([torch.zeros_like(w).flatten() if g is None else g.flatten() for w, g in zip(weights, found, strict=True)])
    wanted = slope(at, start, direction)
    got = float((flat * direction).sum())
    _expect_close(got, wanted, "along a random direction of the weights autograd says {got:.6g}, differences say {wanted:.6g}")


def input_gradient(subject: Subject) -> None:
    """If the critic offers input_gradient(x, condition, output=None), it is the gradient that autograd finds."""
    space = subject.space()
    net, x, given = wake(critic(subject, space, 2)), images(space), condition(space)
    direct = getattr(net, "input_gradient", None)
    if direct is None:
        raise NotApplicable("it offers no input_gradient")
    for got, wanted in (
        (direct(x, given), _gradient(net, x, given)),
        (direct(x, given, output=1), _gradient(lambda at, given: net(at, given)[:, 1], x, given)),
    ):
        expect(tuple(got.shape) == tuple(x.shape), f"it has shape {tuple(got.shape)}, the images {tuple(x.shape)}")
        scale, error = wanted.abs().max().item(), (got - wanted).abs().max().item()
        expect(error <= 1e-4 * scale, f"it differs by up to {error:.3g} where gradients are up to {scale:.3g}")


def sizes(subject: Subject) -> None:
    """Every size and number of channels that the entry claims to fit is taken; others are refused by `needs` or fits()."""
    for size, depth in ((16, 1), (20, 3), (24, 4), (32, 3), (48, 3)):
        try:
            space = subject.space(size=size, channels=depth)
        except Misfit:
            continue
        _expect_scores(wake(critic(subject, space))(images(space), condition(space)), 4, 1)


def meta(subject: Subject) -> None:
    """It can be built and called on the meta device: no value is looked at, and no device is assumed."""
    space = subject.space()
    given = condition(space, 2)
    labels, guide = given.labels, given.guide
    there = Condition(None if labels is None else labels.to("meta"), None if guide is None else guide.to("meta"))
    with torch.device("meta"):
        net = critic(subject, space).eval()
        out = net(torch.empty(2, space.channels, space.size, space.size), there)
    expect(tuple(out.shape) == (2, 1), f"the output has shape {tuple(out.shape)}")


def labels(subject: Subject) -> None:
    """It takes spaces with labels and sees them, or fits() refuses such spaces. Absent labels and -1 stand for none."""
    space = subject.space(labels=True)
    net, x, given = wake(critic(subject, space)), images(space), condition(space)
    assert given.labels is not None
    for column, (name, values) in enumerate(space.labels.items()):
        other = given.labels.clone()
        other[:, column] = (other[:, column] + 1) % len(values)
        changed = net(x, dataclasses.replace(given, labels=other))
        expect(not torch.equal(changed, net(x, given)), f"other values of label {name} give the same outputs")
    for absent in (Condition(), Condition(torch.full_like(given.labels, -1))):
        _expect_scores(net(x, absent), 4, 1)


def guide(subject: Subject) -> None:
    """It takes spaces with a guide and sees it, or fits() refuses such spaces."""
    space = subject.space(guide=True)
    net, x, given = wake(critic(subject, space)), images(space), condition(space)
    assert given.guide is not None
    changed = net(x, dataclasses.replace(given, guide=1 - given.guide))
    expect(not torch.equal(changed, net(x, given)), "another guide gives the same outputs")


def _gradient(net: Callable[[Tensor, Condition], Tensor], x: Tensor, given: Condition, create_graph: bool = False) -> Tensor:
    x = x.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(net(x, given).sum(), x, create_graph=create_graph)
    return gradient


def _double(given: Condition) -> Condition:
    return given if given.guide is None else dataclasses.replace(given, guide=given.guide.double())


def _expect_scores(out: Tensor, n: int, numbers: int) -> None:
    expect(isinstance(out, Tensor) and out.is_floating_point(), f"the output is {type(out).__name__}, not a float tensor")
    expect(tuple(out.shape) == (n, numbers), f"the output has shape {tuple(out.shape)}, expected {(n, numbers)}")


def _expect_close(got: float, wanted: float, text: str) -> None:
    expect(math.isclose(got, wanted, rel_tol=1e-3, abs_tol=1e-9), text.format(got=got, wanted=wanted))


READ = "zoo_core/interfaces.py, class Critic; docs/reference/interfaces.md"
CHECKS: tuple[Check, ...] = checks(
    "critic",
    "critic",
    READ,
    *(shape, batch_of_one, finite, vectors, trains_everything, first_gradient, second_gradient, input_gradient),
    *(sizes, meta, labels, guide),
)
