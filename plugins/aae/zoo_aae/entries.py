"""What zoo-aae provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Makhzani et al. 2015, Adversarial Autoencoders, arXiv 1511.05644"


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "aae",
            parts={"objective": "zoo-aae/aae"},
            options={
                "objective.latent": 64,
                "objective.critic_steps": 2,
                "generator.activation": "leaky_relu",
                "generator.init": "kaiming",
                "critic.norm": "none",  # it would hide from the critic how far codes lie from the origin
                "critic.init": "kaiming",
                "train.batch": 32,
                "train.lr": 1e-3,
                "train.critic_lr": 5e-4,
                "train.beta1": 0.5,
                "train.beta2": 0.999,
                "train.schedule": "linear",
            },
            summary="Adversarial autoencoder, tuned: Gaussian prior, two critic steps, linear decay",
            paper=PAPER,
        ),
        Entry(
            "objective",
            "aae",
            target="zoo_aae.objective:AdversarialAutoencoder",
            config="zoo_aae.options:AdversarialAutoencoderOptions",
            summary="reconstruction, and codes that a critic cannot tell from the prior",
            paper=PAPER,
        ),
    ]
