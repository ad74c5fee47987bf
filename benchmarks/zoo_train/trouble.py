"""Is a run in trouble? Asked where its numbers are read anyway, so that no iteration waits for it.

Each check takes numbers or a run and gives what it found, one line each that says what to try.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from zoo_core.interfaces import Phase, nothing
from zoo_train.run import Run

READS = 20  # readings in a row that a trend must last
CERTAIN = 0.995  # accuracy of a critic that learns nothing more
PINNED = 0.8  # share of weights at the clip bound; nearly all in Gulrajani et al. 2017, arXiv 1704.00028, figure 1b
NATS = 0.1  # KL per image below which the codes say nothing of it

CURABLE = ("non-finite", "collapse")  # a smaller learning rate may help, so going back is worth a try


@dataclass(frozen=True)
class Trouble:
    """kind: non-finite, saturation, pinned, collapse, kl, labels or guides. term: what of the phase, "" for all of it."""

    kind: str
    phase: str
    term: str
    iteration: int
    message: str

    @property
    def fatal(self) -> bool:
        """Nothing can come of going on from here."""
        return self.kind == "non-finite"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def not_finite(run: Run, terms: Mapping[str, float]) -> list[Trouble]:
    """Loss terms ("phase/term"), else gradients of the last step of each phase, else weights that are NaN or infinite."""
    found = [_lost(run, *_split(name), "term") for name, value in terms.items() if not math.isfinite(value)]
    if found:
        return found
    for what in ("gradient", "weights"):
        phases = {(phase, name): _tensors(run, name, what) for phase in run.phases for name in phase.trains}
        broken = _broken(phases.values())
        found = [_lost(run, phase.name, name, what) for (phase, name), bad in zip(phases, broken, strict=True) if bad]
        if found:
            return found
    average = [value for value in run.average.state_dict().values() if value.is_floating_point()]
    return [_lost(run, "average", "generator", "weights")] if _broken([average])[0] else []


def trends(run: Run, readings: Sequence[Mapping[str, float]]) -> list[Trouble]:
    """What the last READS readings of the terms, all of them together, and the weights as they are say."""
    found = pinned(run)
    if len(readings) < READS:
        return found
    last = list(readings)[-READS:]
    means = {name: sum(terms[name] for terms in last) / READS for name in last[-1] if all(name in terms for terms in last)}
    for phase in run.phases:
        of_phase = {term: value for name, value in means.items() for owner, term in [_split(name)] if owner == phase.name}
        found += _saturated(run, phase, of_phase) + _silent(run, phase, of_phase)
    return found


def pinned(run: Run) -> list[Trouble]:
    """Networks whose weights nearly all lie at the bound that they are clipped to after each step of a phase."""
    found = []
    for phase in run.phases:
        for name in phase.trains if phase.after is not nothing else ():
            weights = [p.detach() for p in run.nets[name].parameters() if p.dim() > 1]
            sizes = [w.abs() for w in weights]
            bound = torch.stack([w.max() for w in sizes]).max()
            count = torch.stack([(w >= bound).sum() for w in sizes]).sum()
            share, limit = float(count) / sum(w.numel() for w in weights), float(bound)
            if limit > 0 and share > PINNED:
                message = (
                    f"{share:.0%} of the weights of {name} are pinned at {limit:g}, where phase {phase.name} clips them; "
                    f"try --set objective.clip={2 * limit:.3g}, or a gradient penalty in place of clipping"
                )
                found.append(_trouble(run, "pinned", phase.name, name, message))
    return found


def _saturated(run: Run, phase: Phase, means: Mapping[str, float]) -> list[Trouble]:
    """A critic that is always right: gradients for the generator vanish. Read off the accuracies that losses record."""
    sides = [term for term in ("real_accuracy", "fake_accuracy", "accuracy") if term in means]
    if phase.rate != "critic_lr" or not sides or min(means[term] for term in sides) < CERTAIN:
        return []
    message = (
        f"phase {phase.name} is saturated, {' and '.join(sides)} have stayed above {CERTAIN}: the generator learns little; "
        "try --set train.instance_noise=0.1 or --set train.augment=colour,translation,cutout"
    )
    return [_trouble(run, "saturation", phase.name, sides[0], message)]


def _silent(run: Run, phase: Phase, means: Mapping[str, float]) -> list[Trouble]:
    """Codes that say nothing of their image: an objective with a KL divergence records it per image as `nats`."""
    if means.get("nats", math.inf) >= NATS:
        return []
    message = (
        f"the KL divergence of phase {phase.name} has collapsed to {means['nats']:.2g} nats per image: codes say nothing; "
        "try a smaller --set objective.beta, or --set objective.free_bits=0.1"
    )
    return [_trouble(run, "kl", phase.name, "nats", message)]


def _lost(run: Run, phase: str, term: str, what: str) -> Trouble:
    rates = {item.name: item.rate for item in run.phases}
    subject = {"term": f"term {term}", "gradient": f"the gradient of {term}", "weights": f"a weight of {term}"}[what]
    rate = rates.get(phase, "lr")
    now = run.learning_rates.get(phase, run.recipe.train.lr) * 0.5**run.rollbacks
    message = (
        f"{subject} of phase {phase} is not finite; try a smaller --set train.{rate}, such as {now / 2:.3g}, "
        "or --set train.clip_gradient=1"
    )
    return _trouble(run, "non-finite", phase, term, message)


def _trouble(run: Run, kind: str, phase: str, term: str, message: str) -> Trouble:
    return Trouble(kind, phase, term, run.iteration, f"iteration {run.iteration}: {message}")


def _split(name: str) -> tuple[str, str]:
    phase, _, term = name.partition("/")
    return phase, term


def _tensors(run: Run, net: str, what: str) -> list[Tensor]:
    if what == "gradient":
        return [p.grad for p in run.nets[net].parameters() if p.grad is not None]
    return [value for value in run.nets[net].state_dict().values() if value.is_floating_point()]


def _broken(groups: Iterable[Sequence[Tensor]]) -> list[bool]:
    """Per group of tensors, whether one holds a NaN or an infinity; the device is asked once."""
    largest = []
    for tensors in groups:
        filled = [tensor.detach() for tensor in tensors if tensor.numel()]
        norms = torch._foreach_norm(filled, math.inf) if filled else [torch.zeros(())]  # the largest: sums could overflow
        largest.append(torch.stack([norm.float() for norm in norms]).max())
    return [not math.isfinite(value) for value in torch.stack(largest).tolist()]
