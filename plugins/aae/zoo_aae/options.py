"""Options of the objective. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class AdversarialAutoencoderOptions:
    latent: int = option(64, "numbers per latent", min=1, max=4096)
    prior: str = option(
        "normal", "distribution that the codes shall have", choices=("normal", "uniform", "mixture", "swiss_roll")
    )
    modes: int = option(10, "Gaussians of prior=mixture", min=1, max=1000)
    reconstruction: str = option("mse", "squared or absolute difference, or cross-entropy", choices=("mse", "l1", "bce"))
    critic_steps: int = option(1, "steps of the critic of codes per iteration", min=1, max=100)
