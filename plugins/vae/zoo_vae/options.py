"""Options of the objective. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class VariationalOptions:
    latent: int = option(64, "numbers per latent", min=1, max=4096)
    reconstruction: str = option(
        "mse", "likelihood of a pixel: mse Gaussian, l1 Laplace, bce Bernoulli", choices=("mse", "l1", "bce")
    )
    beta: float = option(1.0, "weight of the KL divergence; 1: the evidence lower bound, less: sharper reconstructions", min=0)
    free_bits: float = option(0.0, "nats that every latent coordinate may carry, on average, at no cost", min=0)
