"""What critics see in place of images: augmented, noisy. Objectives do not know; they are given critics behind this view."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from torch import Tensor, nn

from zoo_core.errors import ZooError
from zoo_core.interfaces import Draw, Generator, Phase
from zoo_core.objectives.view import Change, CriticView, noisy
from zoo_core.recipe.train_options import TrainOptions
from zoo_train.adaptive import Adaptive
from zoo_train.augment import augment, numbers
from zoo_train.world import ALONE, World


def augmentation(operations: Sequence[str], probability: Tensor | float, draw: Draw) -> Change:
    """`augment` with numbers of the trainer's counters, so that a resumed run sees the same."""
    return lambda x, guide: augment(x, guide, operations, draw.uniform(len(x), numbers(operations)), probability)


class CriticViews:
    """The networks of a run as the phases see them, made anew for each step.

    Instance noise is for every network that sees images, augmentation for critics alone: an encoder must see what it encodes.
    Images are augmented first, and noise is added to the result.
    """

    def __init__(self, options: TrainOptions, phases: Sequence[Phase], nets: Mapping[str, nn.Module], draw: Draw) -> None:
        self.options = options
        self.draw = draw
        self.critics = image_critics(phases, nets) if options.augment else frozenset()
        self.answers: dict[bool, Tensor] = {}  # of the step: is it the batch's images? -> outputs

    def of(self, nets: Mapping[str, nn.Module], real: Tensor, adaptive: Adaptive | None) -> Mapping[str, nn.Module]:
        """The networks for one step whose real images are `real`."""
        self.answers = {}

        def watch(x: Tensor, out: Tensor) -> None:
            if x.dim() == 4:
                self.answers.setdefault(x is real, out.detach())  # the first: penalties ask about images in between later

        if self.options.instance_noise:
            nets = noisy(nets, self.options.instance_noise, self.draw)
        if self.options.augment:
            probability = self.options.augment_probability if adaptive is None else adaptive.probability
            change = augmentation(self.options.augment, probability, self.draw)
            nets = {name: CriticView(net, change, watch) if name in self.critics else net for name, net in nets.items()}
        return nets

    def observe(self, phase: Phase, adaptive: Adaptive, world: World = ALONE) -> None:
        """Show the answers of a finished step of a critic's phase to the controller: those of all processes, to each."""
        if phase.rate != "critic_lr" or False not in self.answers:
            return
        if True not in self.answers:
            raise ZooError(
                f"phase {phase.name} changes real images before a critic sees them, so train.augment_target cannot be held; "
                "leave it out"
            )
        adaptive.observe(*(world.all_rows(self.answers[real]) for real in (True, False)))


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
