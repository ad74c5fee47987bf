"""What zoo-vae provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Kingma and Welling 2013, Auto-Encoding Variational Bayes, arXiv 1312.6114"


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "vae",
            parts={"objective": "zoo-vae/vae"},
            options={
                "objective.latent": 64,
                "objective.beta": 0.1,
                "generator.activation": "leaky_relu",
                "generator.init": "kaiming",
                "critic.norm": "batch",
                "critic.init": "kaiming",
                "train.batch": 32,
                "train.lr": 1e-3,
                "train.beta1": 0.9,
                "train.beta2": 0.999,
                "train.schedule": "linear",
            },
            summary="Variational autoencoder, tuned: Gaussian pixels of variance 0.1, Adam 1e-3, linear decay",
            paper=PAPER,
        ),
        Entry(
            "objective",
            "vae",
            target="zoo_vae.objective:Variational",
            config="zoo_vae.options:VariationalOptions",
            summary="reconstruction and KL divergence to N(0, I), reparameterised",
            paper=PAPER,
        ),
    ]
