"""Options of the objective. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.objectives.options import AdversarialOptions
from zoo_core.options import option


@dataclass(frozen=True)
class WassersteinClipOptions(AdversarialOptions):
    critic_steps: int = option(5, "critic steps per iteration", min=1, max=100)
    clip: float = option(0.01, "every critic weight is clamped to [-clip, clip] after every critic step", above=0)
