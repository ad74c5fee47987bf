"""Checks of upsamplers: their two constructors alone, then inside every generator of zoo-core."""

from __future__ import annotations

import contextlib

import torch
from torch import Tensor

from zoo_core.interfaces import Upsampler
from zoo_core.registry.installed import CORE
from zoo_core.space import Space
from zoo_testing.check import Check, checks, expect
from zoo_testing.networks import condition, generator, latents, wake
from zoo_testing.subject import LATENT, Misfit, Subject

SHAPES = ((4, 6, 4, 4), (6, 4, 5, 5), (4, 4, 3, 8))  # cin, cout, H, W


def doubles(subject: Subject) -> None:
    """stage(cin, cout, latent) makes a module: (N, cin, H, W), (N, latent) -> (N, cout, 2H, 2W)."""
    upsampler = _made(subject)
    for cin, cout, height, width in SHAPES:
        out = wake(upsampler.stage(cin, cout, LATENT))(_features(cin, height, width), latents())
        wanted = (4, cout, 2 * height, 2 * width)
        expect(tuple(out.shape) == wanted, f"a stage made {tuple(out.shape)} of {(4, cin, height, width)}, expected {wanted}")


def head_shape(subject: Subject) -> None:
    """head(cin, channels, latent) makes a module: (N, cin, H, W), (N, latent) -> (N, channels, H, W)."""
    upsampler = _made(subject)
    for channels in (1, 3, 4):
        out = wake(upsampler.head(4, channels, LATENT))(_features(4, 8, 8), latents())
        expect(tuple(out.shape) == (4, channels, 8, 8), f"a head made {tuple(out.shape)}, expected {(4, channels, 8, 8)}")


def head_range(subject: Subject) -> None:
    """What a head makes is in [-1, 1], whatever the features."""
    head = wake(_made(subject).head(4, 3, LATENT))
    for scale in (1.0, 100.0):
        out = head(scale * _features(4, 8, 8), latents())
        expect(bool((out.abs() <= 1).all()), f"values from {out.min().item():.4g} to {out.max().item():.4g}")


def independent(subject: Subject) -> None:
    """In eval mode image i depends on features and latent i alone."""
    upsampler = _made(subject)
    x, z = _features(4, 4, 4), latents()
    for what, net in (("stage", wake(upsampler.stage(4, 4, LATENT))), ("head", wake(upsampler.head(4, 3, LATENT)))):
        other = net(torch.cat([x[:2], 3 * x[2:]]), torch.cat([z[:2], 3 * z[2:]]))
        moved = (other[:2] - net(x, z)[:2]).abs().max().item()
        expect(moved <= 1e-4, f"with other images in the batch, what a {what} makes of image 0 or 1 moves by {moved:.3g}")


def own_weights(subject: Subject) -> None:
    """Every call of stage() and head() makes a module with weights of its own."""
    upsampler = _made(subject)
    for what, make in (("stage", upsampler.stage), ("head", upsampler.head)):
        first, second = make(4, 3, LATENT), make(4, 3, LATENT)
        shared = {id(p) for p in first.parameters()} & {id(p) for p in second.parameters()}
        expect(first is not second and not shared, f"two calls of {what}() gave modules that share weights")


def trains_everything(subject: Subject) -> None:
    """Gradients reach every parameter of a stage and of a head, and the features that came in."""
    upsampler = _made(subject)
    for what, made in (("stage", upsampler.stage(4, 4, LATENT)), ("head", upsampler.head(4, 3, LATENT))):
        net, x = wake(made), _features(4, 4, 4).requires_grad_(True)
        net(x, latents()).square().sum().backward()
        dead = [name for name, value in net.named_parameters() if value.grad is None or not bool(value.grad.any())]
        expect(not dead, f"no gradient at {', '.join(dead)} of a {what}")
        expect(x.grad is not None and bool(x.grad.any()), f"no gradient passes a {what} back to the features")


def in_generators(subject: Subject) -> None:
    """Every generator of zoo-core works with it, at sizes that are and are not powers of two."""
    for item in subject.catalog.of("generator"):
        if item.distribution != CORE:
            continue
        owner = Subject(subject.catalog, item.distribution, item)
        for size, channels in ((16, 3), (24, 4), (40, 1)):
            with contextlib.suppress(Misfit):
                _expect_images(owner, owner.space(size=size, channels=channels), _made(subject), item.id)


def _expect_images(owner: Subject, space: Space, upsampler: Upsampler, name: str) -> None:
    out = wake(generator(owner, space, upsampler))(latents(2), condition(space, 2))
    wanted = (2, space.channels, space.size, space.size)
    expect(tuple(out.shape) == wanted, f"in generator {name} it makes {tuple(out.shape)}, expected {wanted}")
    expect(bool((out.abs() <= 1).all()), f"in generator {name} values leave [-1, 1] or are not finite")


def _made(subject: Subject) -> Upsampler:
    torch.manual_seed(0)
    made = subject.target(subject.options)
    expect(isinstance(made, Upsampler), f"the target made a {type(made).__name__}, no zoo_core.interfaces.Upsampler")
    assert isinstance(made, Upsampler)
    return made


def _features(channels: int, height: int, width: int) -> Tensor:
    return torch.randn(4, channels, height, width, generator=torch.Generator().manual_seed(0))


READ = "zoo_core/interfaces.py, class Upsampler; docs/reference/interfaces.md"
CHECKS: tuple[Check, ...] = checks(
    "upsampler",
    "upsampler",
    READ,
    *(doubles, head_shape, head_range, independent, own_weights, trains_everything),
)
CHECKS += checks("upsampler", "upsampler", READ, in_generators, after=CHECKS[:3])
