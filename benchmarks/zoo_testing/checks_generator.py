"""Checks of generators, on the smallest images that they claim to fit."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Condition, Generator, Upsampler
from zoo_core.nets.options import TransposedOptions
from zoo_core.nets.upsamplers import Transposed
from zoo_core.space import Space
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.networks import condition, generator, latents, wake
from zoo_testing.subject import LATENT, Misfit, Subject

TOLERANCE = 1e-4  # of numbers in [-1, 1]: float32 sums differ by their order


def shape(subject: Subject) -> None:
    """A Generator with its `latent`: (N, latent) -> (N, C, size, size) float."""
    space = subject.space()
    net = generator(subject, space)
    expect(isinstance(net, Generator), f"the target made a {type(net).__name__}, no zoo_core.interfaces.Generator")
    expect(getattr(net, "latent", None) == LATENT, f"latent is {getattr(net, 'latent', 'missing')}, asked for {LATENT}")
    out = net.eval()(latents(), condition(space))
    _expect_images(out, 4, space)


def value_range(subject: Subject) -> None:
    """Images are in [-1, 1], whatever the weights and the latent."""
    space = subject.space()
    net = wake(generator(subject, space))
    for scale in (1, 10):
        out = net(scale * latents(), condition(space))
        expect(not bool((out.abs() > 1).any()), f"values from {out.min().item():.4g} to {out.max().item():.4g}")


def finite(subject: Subject) -> None:
    """Images are finite for any latent, zero and large ones included."""
    space = subject.space()
    net = wake(generator(subject, space))
    for what, z in (("a normal latent", latents()), ("latent 0", 0 * latents()), ("a latent 10 times normal", 10 * latents())):
        wrong = int((~net(z, condition(space)).isfinite()).sum())
        expect(wrong == 0, f"{wrong} values for {what} are not finite")


def batch_of_one(subject: Subject) -> None:
    """In eval mode a batch of one gives the image that a larger batch has in its place."""
    space = subject.space()
    net, z, given = wake(generator(subject, space)), latents(), condition(space)
    one = net(z[:1], _rows(given, 1))
    _expect_images(one, 1, space)
    _expect_same(one, net(z, given)[:1], "alone and in a batch of 4, the first image differs by")


def independent(subject: Subject) -> None:
    """In eval mode image i depends on latent i alone: other latents of the batch must not change it."""
    space = subject.space()
    net, z, given = wake(generator(subject, space)), latents(), condition(space)
    other = torch.cat([z[:2], 3 * latents(seed=5)[2:]])
    _expect_same(net(other, given)[:2], net(z, given)[:2], "with other latents in the rest of the batch, image 0 or 1 moves by")


def seeded(subject: Subject) -> None:
    """The same torch seed makes the same weights, and in eval mode the same latent the same image, every time."""
    space = subject.space()
    first, again = (generator(subject, space).eval() for _ in range(2))
    weights = zip(first.state_dict().values(), again.state_dict().values(), strict=True)
    expect(all(torch.equal(a, b) for a, b in weights), "two networks made after torch.manual_seed(0) have different weights")
    torch.manual_seed(3)
    before = first(latents(), condition(space))
    _expect_same(first(latents(), condition(space)), before, "called twice, the same latent's image moves by", 0)


def latent_matters(subject: Subject) -> None:
    """Another latent gives another image, and the gradient of the image reaches every number of the latent."""
    space = subject.space()
    net, given = wake(generator(subject, space)), condition(space)
    z = latents().requires_grad_(True)
    out = net(z, given)
    _expect_changed(net(latents(seed=7), given), out, "all latents give the same images")
    (gradient,) = torch.autograd.grad(out.square().sum(), z)
    dead = [i for i, column in enumerate(gradient.unbind(1)) if not bool(column.any())]
    expect(not dead, f"numbers {dead} of the latent have no effect on the image")


def trains_everything(subject: Subject) -> None:
    """Gradients reach every parameter: what is never trained belongs into a buffer, or out of the network."""
    space = subject.space()
    net = wake(generator(subject, space))
    untouched = {name for name, value in net.named_parameters() if value.requires_grad}
    expect(bool(untouched), "the network has no parameters that can be trained")
    for seed in range(3):  # a relu may be dead for one batch
        net.zero_grad(set_to_none=True)
        net(latents(16, seed), condition(space, 16, seed)).square().sum().backward()
        untouched -= {name for name, value in net.named_parameters() if value.grad is not None and bool(value.grad.any())}
    expect(not untouched, f"no gradient at {', '.join(sorted(untouched))}")


def sizes(subject: Subject) -> None:
    """Every size that the entry claims to fit gives images of that size; others are refused by `needs` or fits()."""
    seen = 0
    for size in (16, 20, 24, 32, 48, 64):
        try:
            space = subject.space(size=size)
        except Misfit:
            continue
        _expect_images(wake(generator(subject, space))(latents(2), condition(space, 2)), 2, space)
        seen += 1
    if not seen:
        raise NotApplicable("it fits only sizes above 64")


def channels(subject: Subject) -> None:
    """Grey, RGB and RGBA images have 1, 3 and 4 channels, unless `needs` says otherwise."""
    for depth in (1, 3, 4):
        try:
            space = subject.space(channels=depth)
        except Misfit:
            continue
        _expect_images(wake(generator(subject, space))(latents(), condition(space)), 4, space)


def meta(subject: Subject) -> None:
    """It can be built and called on the meta device: no value is looked at, and no device is assumed."""
    space = subject.space()
    given = _meta(condition(space, 2))
    with torch.device("meta"):
        net = generator(subject, space).eval()
        out = net(torch.empty(2, LATENT), given)
    expect(out.device.type == "meta", f"the output is on {out.device}")
    expect(tuple(out.shape) == (2, space.channels, space.size, space.size), f"the output has shape {tuple(out.shape)}")


def labels(subject: Subject) -> None:
    """Every label attribute of the space has an effect, or fits() refuses spaces with labels."""
    space = subject.space(labels=True)
    net, z, given = wake(generator(subject, space)), latents(), condition(space)
    assert given.labels is not None
    for column, (name, values) in enumerate(space.labels.items()):
        other = given.labels.clone()
        other[:, column] = (other[:, column] + 1) % len(values)
        changed = dataclasses.replace(given, labels=other)
        _expect_changed(net(z, changed), net(z, given), f"other values of label {name} give the same images")


def guide(subject: Subject) -> None:
    """The guide has an effect, or fits() refuses spaces with guides."""
    space = subject.space(guide=True)
    net, z, given = wake(generator(subject, space)), latents(), condition(space)
    assert given.guide is not None
    flipped = dataclasses.replace(given, guide=1 - given.guide)
    _expect_changed(net(z, flipped), net(z, given), "another guide gives the same images")


def upsampler(subject: Subject) -> None:
    """It asks the upsampler for layers, unless its entry says `ignores=("upsampler",)`; then it asks for none."""
    watched = Watched()
    generator(subject, subject.space(), watched)
    if subject.entry.ignores:
        expect(not watched.asked, "its entry says that it ignores the upsampler, and it asks it for layers")
    else:
        expect(watched.asked, 'it asks the upsampler for nothing, and its entry lacks ignores=("upsampler",)')


class Watched(Upsampler):
    """The reference upsampler, and whether it was asked for anything."""

    def __init__(self) -> None:
        self.made, self.asked = Transposed(TransposedOptions()), False

    def stage(self, cin: int, cout: int, latent: int) -> nn.Module:
        self.asked = True
        return self.made.stage(cin, cout, latent)

    def head(self, cin: int, channels: int, latent: int) -> nn.Module:
        self.asked = True
        return self.made.head(cin, channels, latent)


def nothing_given(subject: Subject) -> None:
    """Labels and guides may be absent, and a label of -1 stands for none."""
    space = subject.space(labels=True)
    net, z = wake(generator(subject, space)), latents()
    none = torch.full((4, len(space.classes)), -1)
    for what, given in (("Condition()", Condition()), ("labels of -1", Condition(none))):
        out = net(z, given)
        _expect_images(out, 4, space)
        expect(bool(out.isfinite().all()), f"images for {what} are not finite")


def _rows(given: Condition, n: int) -> Condition:
    labels, guide = given.labels, given.guide
    return Condition(None if labels is None else labels[:n], None if guide is None else guide[:n])


def _meta(given: Condition) -> Condition:
    labels, guide = given.labels, given.guide
    return Condition(None if labels is None else labels.to("meta"), None if guide is None else guide.to("meta"))


def _expect_images(out: Tensor, n: int, space: Space) -> None:
    expect(isinstance(out, Tensor) and out.is_floating_point(), f"the output is {type(out).__name__}, not a float tensor")
    wanted = (n, space.channels, space.size, space.size)
    expect(tuple(out.shape) == wanted, f"the output has shape {tuple(out.shape)}, expected {wanted}")


def _expect_same(a: Tensor, b: Tensor, what: str, tolerance: float = TOLERANCE) -> None:
    difference = (a - b).nan_to_num().abs().max().item()
    expect(difference <= tolerance, f"{what} {difference:.3g}")


def _expect_changed(a: Tensor, b: Tensor, what: str) -> None:
    expect((a - b).abs().max().item() > 1e-7, what)


READ = "zoo_core/interfaces.py, class Generator; docs/reference/interfaces.md"
CHECKS: tuple[Check, ...] = checks(
    "generator",
    "generator",
    READ,
    *(shape, value_range, finite, seeded, independent, latent_matters, trains_everything),
    *(sizes, channels, meta, labels, guide, nothing_given, upsampler),
)
CHECKS += checks("generator", "generator", READ, batch_of_one, after=(CHECKS[0], CHECKS[4]))
