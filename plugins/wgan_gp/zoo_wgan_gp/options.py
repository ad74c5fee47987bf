"""Options of the objective. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.objectives.options import AdversarialOptions
from zoo_core.options import option


@dataclass(frozen=True)
class WassersteinPenaltyOptions(AdversarialOptions):
    critic_steps: int = option(5, "critic steps per iteration", min=1, max=100)
    penalty: float = option(10.0, "weight of the gradient penalty", min=0)
    one_sided: bool = option(False, "punish only gradient norms above 1")
    norm_over: str = option(
        "image",
        "what the penalty's norm is taken over; channels, a norm for every pixel, is a mistake in the code of Chen et al.",
        choices=("image", "channels"),
    )
