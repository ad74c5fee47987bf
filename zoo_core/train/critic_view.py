"""What critics see in place of images: augmented, noisy. Objectives do not know; they are given critics behind this view."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from zoo_core.errors import ZooError
from zoo_core.interfaces import Condition, Draw, Generator, Phase
from zoo_core.train.adaptive import Adaptive
from zoo_core.train.augment import augment, numbers
from zoo_core.train.options import TrainOptions

Watch = Callable[[Tensor, Tensor], None]  # what a critic saw before it was changed, and what it answered


class CriticView(nn.Module):
    """A critic behind a random change of its images, drawn anew each time it is called; vectors pass untouched.

    Both draws come from the trainer's counters, so that a resumed run sees the same. Where the critic offers its own
    `input_gradient`, the view does too: the critic's gradient at the changed image, taken back through the change.
    """

    def __init__(self, critic: nn.Module, options: TrainOptions, draw: Draw, probability: Tensor | float, watch: Watch) -> None:
        super().__init__()
        self.critic = critic
        self.options = options
        self.draw = draw
        self.probability = probability
        self.watch = watch

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        out: Tensor = self.critic(*self.seen(x, condition))
        self.watch(x, out)
        return out

    def seen(self, x: Tensor, condition: Condition) -> tuple[Tensor, Condition]:
        """The change: augmentation, then instance noise (Sønderby et al. 2016, arXiv 1610.04490, section 3)."""
        if x.dim() != 4:
            return x, condition
        if self.options.augment:
            uniform = self.draw.uniform(len(x), numbers(self.options.augment))
            x, guide = augment(x, condition.guide, self.options.augment, uniform, self.probability)
            condition = Condition(condition.labels, guide)
        if self.options.instance_noise:
            x = x + self.options.instance_noise * self.draw.normal(*x.shape)
        return x, condition

    @property
    def input_gradient(self) -> Callable[..., Tensor] | None:
        direct = getattr(self.critic, "input_gradient", None)
        return None if direct is None else partial(self._input_gradient, direct)

    def _input_gradient(self, direct: Callable[..., Tensor], x: Tensor, condition: Condition, **which: int) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            seen, condition = self.seen(x, condition)
        inner = direct(seen.detach(), condition, **which)
        with torch.enable_grad():
            gradient: Tensor = torch.autograd.grad(seen, x, inner.to(seen.dtype), create_graph=True)[0]
        return gradient


class CriticViews:
    """Views of a run's critics, for each step of a phase; None of them if nothing is to be changed (`make_views`).

    Instance noise is for every network that sees images, augmentation for critics alone: an encoder must see what it encodes.
    """

    def __init__(self, options: TrainOptions, phases: Sequence[Phase], nets: Mapping[str, nn.Module], draw: Draw) -> None:
        self.options = options
        self.draw = draw
        self.critics = image_critics(phases, nets) if options.augment else frozenset()
        self.noisy = TrainOptions(instance_noise=options.instance_noise)
        self.answers: dict[bool, Tensor] = {}  # of the step: is it the batch's images? -> outputs

    def of(self, nets: Mapping[str, nn.Module], real: Tensor, adaptive: Adaptive | None) -> dict[str, nn.Module]:
        """The networks for one step whose real images are `real`."""
        self.answers = {}

        def watch(x: Tensor, out: Tensor) -> None:
            if x.dim() == 4:
                self.answers.setdefault(x is real, out.detach())  # the first: penalties ask about images in between later

        probability = self.options.augment_probability if adaptive is None else adaptive.probability
        views: dict[str, nn.Module] = {}
        for name, net in nets.items():
            if name == "generator":
                views[name] = net
            elif name in self.critics:
                views[name] = CriticView(net, self.options, self.draw, probability, watch)
            else:
                views[name] = CriticView(net, self.noisy, self.draw, 0.0, _nothing) if self.options.instance_noise else net
        return views

    def observe(self, phase: Phase, adaptive: Adaptive) -> None:
        """Show the answers of a finished step of a critic's phase to the controller."""
        if phase.rate == "critic_lr" and len(self.answers) == 2:
            adaptive.observe(self.answers[True], self.answers[False])


def make_views(options: TrainOptions, phases: Sequence[Phase], nets: Mapping[str, nn.Module], draw: Draw) -> CriticViews | None:
    return CriticViews(options, phases, nets, draw) if options.augment or options.instance_noise else None


def image_critics(phases: Sequence[Phase], nets: Mapping[str, nn.Module]) -> frozenset[str]:
    """Names of networks that a phase with the critic's learning rate trains, generators aside: critics, and not encoders."""
    trained = {name for phase in phases if phase.rate == "critic_lr" for name in phase.trains}
    return frozenset(name for name in trained if not isinstance(nets[name], Generator))


def make_adaptive(
    options: TrainOptions, phases: Sequence[Phase], nets: Mapping[str, nn.Module], vectors: Collection[nn.Module], owner: str
) -> Adaptive | None:
    """The controller that the options ask for. Raises ZooError if options contradict each other or the objective.

    vectors  networks that are given vectors; owner  names the objective in errors.
    """
    if not options.augment:
        if options.augment_target is not None:
            raise ZooError("train.augment_target without train.augment; type --set train.augment=colour,translation,cutout")
        return None
    if all(any(nets[name] is net for net in vectors) for name in image_critics(phases, nets)):
        raise ZooError(f"{owner} trains no critic of images, so there is nothing to augment; leave train.augment out")
    if options.augment_target is None:
        return None
    decoded = any(isinstance(nets[name], Generator) for phase in phases if phase.rate == "critic_lr" for name in phase.trains)
    if decoded:
        raise ZooError(f"{owner} has no critic that scores images, which train.augment_target needs; leave it out")
    return Adaptive(options.augment_target, options.augment_images)


def _nothing(x: Tensor, out: Tensor) -> None:
    """Nobody watches."""
