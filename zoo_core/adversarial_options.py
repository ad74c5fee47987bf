"""Options that every adversarial objective has. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class AdversarialOptions:
    latent: int = option(100, "numbers per latent", min=1, max=4096)
    prior: str = option("normal", "distribution of the latent", choices=("normal", "uniform"))
    critic_steps: int = option(1, "critic steps per iteration", min=1, max=100)
    generator_steps: int = option(1, "generator steps per iteration", min=1, max=100)
