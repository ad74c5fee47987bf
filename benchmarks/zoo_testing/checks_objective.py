"""Checks of objectives: short runs of the reference networks on noise, with the trainer that users get."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zoo_core.interfaces import Batch, Draw, Nets, Objective, Phase
from zoo_core.prior import PRIORS, Prior
from zoo_core.recipe.recipe import Recipe
from zoo_testing.check import Check, NotApplicable, checks, expect
from zoo_testing.noise import noise_images
from zoo_testing.small import trained
from zoo_testing.subject import Subject, wraps
from zoo_train.checkpoint import load_newest, save_checkpoint
from zoo_train.data import DeviceData
from zoo_train.engine import train
from zoo_train.run import Run, build

ITERATIONS = 3
PATIENCE = 12  # iterations in which every network must have moved


def builds(subject: Subject) -> None:
    """An Objective whose nets() holds a Generator of the prior's size named "generator", and whose phases() train networks."""
    objective = _objective(subject)
    expect(isinstance(objective, Objective), f"the target made a {type(objective).__name__}, no zoo_core.interfaces.Objective")
    run = build(subject.recipe(), subject.catalog)
    prior = run.prior
    expect(
        isinstance(prior, Prior) and prior.name in PRIORS, f"prior is {prior!r}, no zoo_core.prior.Prior of {', '.join(PRIORS)}"
    )
    size, latent = run.prior.size, run.average.latent
    expect(size == latent, f"the prior has {size} numbers, the generator takes {latent}")
    for phase in run.phases:
        expect(bool(phase.trains) and phase.times >= 1, f"phase {phase.name} trains {phase.trains}, {phase.times} times")
        expect(phase.rate in ("lr", "critic_lr"), f"phase {phase.name} has rate {phase.rate!r}, neither lr nor critic_lr")


def terms(subject: Subject) -> None:
    """A loss is a mapping from names to scalars, at least one of them minimised: its gradient reaches what the phase trains."""
    seen: list[str] = []

    def look(phase: Phase, nets: Nets, batch: Batch, found: Mapping[str, Tensor]) -> None:
        for name, value in found.items():
            expect(isinstance(value, Tensor) and value.dim() == 0, f"term {name} of phase {phase.name} is no scalar tensor")
        minimised = {name: value for name, value in found.items() if not name.startswith("~")}
        expect(bool(minimised) or not found, f"phase {phase.name} has only recorded terms: {', '.join(found)}")
        trained_here = any(value.requires_grad for value in minimised.values())
        expect(trained_here or not found, f"no term of phase {phase.name} depends on the weights of {', '.join(phase.trains)}")
        seen.extend(found)

    _watched(subject, look)
    expect(bool(seen), f"no phase had a loss in {ITERATIONS} iterations")


def finite(subject: Subject) -> None:
    """Terms are finite from the first iteration on."""

    def look(phase: Phase, nets: Nets, batch: Batch, found: Mapping[str, Tensor]) -> None:
        for name, value in found.items():
            expect(bool(value.isfinite().all()), f"term {name} of phase {phase.name} is {value.detach().flatten().tolist()}")

    _watched(subject, look)


def leaves_batch(subject: Subject) -> None:
    """A loss leaves the batch as it is: the images, labels and guides it was given must not be changed in place."""
    recipe = subject.recipe()

    def wrapped(phase: Phase) -> Phase:
        def loss(nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
            before = [None if t is None else t.clone() for t in _tensors(batch)]
            found = phase.loss(nets, batch, draw)
            for name, old, new in zip(("images", "labels", "guide"), before, _tensors(batch), strict=True):
                same = old is None or new is None or torch.equal(old, new)
                expect(same, f"phase {phase.name} changed the {name} of its batch in place")
            return found

        return dataclasses.replace(phase, loss=loss)

    run = build(recipe, subject.catalog)
    _trained(subject, recipe, 1, dataclasses.replace(run, phases=tuple(map(wrapped, run.phases))))


def moves_its_own(subject: Subject) -> None:
    """A phase moves the networks that it names in `trains` and no other."""
    recipe = subject.recipe()
    for place in range(len(build(recipe, subject.catalog).phases)):
        run = build(recipe, subject.catalog)
        phase = run.phases[place]
        before = _weights(run)
        _trained(subject, recipe, 1, dataclasses.replace(run, phases=(phase,)))
        others = sorted(_moved(before, _weights(run)) - set(phase.trains))
        expect(not others, f"phase {phase.name} trains {', '.join(phase.trains)}, and {', '.join(others)} moved too")


def trains_everything(subject: Subject) -> None:
    """Every network is named in `trains` of some phase, and moves."""
    recipe = subject.recipe()
    run = build(recipe, subject.catalog)
    idle = sorted(run.nets.keys() - {name for phase in run.phases for name in phase.trains})
    expect(not idle, f"no phase trains {', '.join(idle)}")
    before = _weights(run)
    for iterations in (2, 4, PATIENCE):
        still = sorted(run.nets.keys() - _moved(before, _weights(_trained(subject, recipe, iterations, run))))
        if not still:
            return
    expect(False, f"after {PATIENCE} iterations {', '.join(still)} had not moved")


def reproducible(subject: Subject) -> None:
    """Two runs of one recipe end in the same bytes: all randomness comes from `draw`, or from torch's seeded generator."""
    recipe = subject.recipe()
    first, second = (_trained(subject, recipe, ITERATIONS) for _ in range(2))
    different = sorted(_moved(_weights(first), _weights(second)))
    expect(not different, f"after {ITERATIONS} iterations of two equal runs, {', '.join(different)} had different weights")


def resumes(subject: Subject) -> None:
    """A run that is continued from a checkpoint ends in the same bytes: nothing that matters is kept in Python objects."""
    recipe = subject.recipe()
    whole = _trained(subject, recipe, 2 * ITERATIONS)
    if _moved(_weights(whole), _weights(_trained(subject, recipe, 2 * ITERATIONS))):
        raise NotApplicable("two equal runs differ, so a continued one cannot be compared")
    with tempfile.TemporaryDirectory() as folder:
        part = build(recipe, subject.catalog)
        part.total = 2 * ITERATIONS
        save_checkpoint(_trained(subject, recipe, ITERATIONS, part), Path(folder))
        resumed = build(recipe, subject.catalog)
        load_newest(resumed, Path(folder))
    _trained(subject, recipe, 2 * ITERATIONS, resumed)
    different = sorted(_moved(_weights(whole), _weights(resumed)))
    expect(
        not different, f"continued after {ITERATIONS} of {2 * ITERATIONS} iterations, {', '.join(different)} came out different"
    )


def looks_at_images(subject: Subject) -> None:
    """Other training images give other weights: the objective learns from the data."""
    recipe = subject.recipe()
    runs = [trained(recipe, ITERATIONS, catalog=subject.catalog, images_seed=seed) for seed in (0, 1)]
    expect(bool(_moved(_weights(runs[0]), _weights(runs[1]))), "runs on two different sets of images ended in the same weights")


def bfloat16(subject: Subject) -> None:
    """Phases that do not say `bf16=False` stay finite under bfloat16 autocast."""
    recipe = subject.recipe()
    run = build(recipe, subject.catalog)
    chosen = {phase.name: "bf16: checked" for phase in run.phases if phase.bf16}
    if not chosen:
        raise NotApplicable("no phase tolerates bfloat16")
    _trained(subject, recipe, 1, dataclasses.replace(run, precision=chosen))


def labels(subject: Subject) -> None:
    """It trains on data with labels; a critic or a generator may look at them even if the objective does not."""
    recipe = subject.recipe(labels=("shape", "tone"))
    run = _trained(subject, recipe, 1)
    expect(run.iteration == 1, "no iteration was done")


Look = Callable[[Phase, Nets, Batch, Mapping[str, Tensor]], None]


def _objective(subject: Subject) -> Any:
    wrapped = []
    if wraps(subject.target):
        wrapped = [subject.catalog.make("objective", "zoo-core/adversarial")]
    return subject.target(*wrapped, subject.options)


def _watched(subject: Subject, look: Look) -> None:
    """Train a few iterations and show every loss to `look`."""
    recipe = subject.recipe()
    run = build(recipe, subject.catalog)

    def watched(phase: Phase) -> Phase:
        def loss(nets: Nets, batch: Batch, draw: Draw) -> Mapping[str, Tensor]:
            found = phase.loss(nets, batch, draw)
            look(phase, nets, batch, found)
            return found

        return dataclasses.replace(phase, loss=loss)

    run = dataclasses.replace(run, phases=tuple(map(watched, run.phases)), total=ITERATIONS)
    data = DeviceData(noise_images(recipe.space), recipe.train, recipe.seed, run.device, guide=recipe.data.guide)
    for _ in train(run, data):
        pass


def _trained(subject: Subject, recipe: Recipe, iterations: int, run: Run | None = None) -> Run:
    return trained(recipe, iterations, run, catalog=subject.catalog)


def _tensors(batch: Batch) -> tuple[Tensor | None, ...]:
    return batch.images, batch.condition.labels, batch.condition.guide


def _weights(run: Run) -> dict[str, dict[str, Tensor]]:
    """Network -> parameter -> a copy. Not buffers: norms count what they see of a frozen network, too."""
    return {name: _copies(net) for name, net in run.nets.items()}


def _copies(net: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in net.named_parameters()}


def _moved(before: Mapping[str, Mapping[str, Tensor]], after: Mapping[str, Mapping[str, Tensor]]) -> set[str]:
    """Names of the networks whose parameters differ."""
    return {net for net, values in before.items() if any(not torch.equal(values[name], after[net][name]) for name in values)}


READ = "zoo_core/interfaces.py, classes Objective and Phase; docs/explanation/phases.md"
CHECKS: tuple[Check, ...] = checks("objective", "objective", READ, builds, terms)
CHECKS += checks("objective", "objective", READ, finite, after=CHECKS)
CHECKS += checks(
    "objective",
    "objective",
    READ,
    *(leaves_batch, moves_its_own, trains_everything, reproducible, resumes, looks_at_images, bfloat16, labels),
    after=CHECKS,
)
