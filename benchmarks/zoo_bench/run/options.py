"""What is asked of a run beside its recipe: how it is watched over, scored and told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zoo_bench.evaluation.score import Scoring
from zoo_bench.observers.chosen import Chosen


@dataclass(frozen=True)
class RunOptions:
    """Options of a run that its recipe does not hold: the weights are the same with all of them, unless trouble comes.

    checkpoint_every  seconds of training between checkpoints.
    on_trouble        one of zoo_bench.run.trouble.POLICIES. A loss, gradient or weight that is not finite is never saved, and
                      ends the run unless the policy is to roll back.
    profile           measure some iterations, and write what came out into the folder.
    """

    scoring: Scoring = field(default_factory=Scoring)
    checkpoint_every: float = 60.0
    on_trouble: str = "warn"
    profile: bool = False
    observers: Sequence[Chosen] = ()


DEFAULT = RunOptions()
