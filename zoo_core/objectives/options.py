"""Options of adversarial objectives. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option
from zoo_core.space import Space

SMOOTHED = ("cross_entropy", "saturating", "least_squares")  # losses with a target that smoothing can lower
LOSSES = (*SMOOTHED, "hinge", "wasserstein", "relativistic", "relativistic_average")
PENALTIES = ("none", "gradient", "one_sided", "r1", "r2", "r1_r2", "dragan")


@dataclass(frozen=True)
class AdversarialOptions:
    """What every adversarial objective has."""

    latent: int = option(100, "numbers per latent", min=1, max=4096)
    prior: str = option("normal", "distribution of the latent", choices=("normal", "uniform"))
    critic_steps: int = option(1, "critic steps per iteration", min=1, max=100)
    generator_steps: int = option(1, "generator steps per iteration", min=1, max=100)


@dataclass(frozen=True)
class GanOptions(AdversarialOptions):
    """Any loss with any penalty."""

    loss: str = option("cross_entropy", "adversarial loss; saturating is the cross-entropy of the minimax game", choices=LOSSES)
    label_smoothing: float = option(0.0, "target of real images is 1 - this, for losses that have one", min=0, below=0.5)
    penalty: str = option("none", "penalty on the critic's input gradient", choices=PENALTIES)
    penalty_weight: float = option(10.0, "weight of the penalty", min=0)
    penalty_target: float = option(1.0, "gradient norm that gradient, one_sided and dragan aim at", min=0)
    penalty_interval: int = option(1, "apply the penalty in every k-th iteration only, k times as strong", min=1, max=1000)
    clip: float = option(0.0, "clamp every critic weight to [-clip, clip] after every critic step; 0: do not", min=0)

    def fits(self, space: Space) -> str | None:
        """Why the options contradict each other, or None."""
        if self.label_smoothing and self.loss not in SMOOTHED:
            return f"label_smoothing means nothing to loss={self.loss}; leave it out, or type loss={' or '.join(SMOOTHED)}"
        if self.penalty_interval > 1 and self.penalty == "none":
            return f"penalty_interval without a penalty; leave it out, or type penalty={' or '.join(PENALTIES[1:])}"
        return None
