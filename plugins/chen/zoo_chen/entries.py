"""What zoo-chen provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Chen, Huang, Wang, Yi, General Purpose Image Generator by WGAN"
CHEN = {  # section 3
    "objective.penalty": 10.0,
    "objective.critic_steps": 5,
    "train.batch": 64,
    "train.lr": 1e-4,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
    "train.schedule": "constant",
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "wgan_gp_chen",
            parts={"objective": "zoo-wgan-gp/wgan_gp", "generator": "zoo-chen/chen", "critic": "zoo-chen/chen"},
            options=CHEN,
            summary="Wasserstein GAN with gradient penalty of Chen et al.: instance norm in the critic, Adam 1e-4",
            paper=PAPER,
            requires=("zoo-wgan-gp",),
            aliases=("zoo-wgan-gp/wgan_gp_chen",),
        ),
        Entry(
            "generator",
            "chen",
            target="zoo_chen.networks:ChenGenerator",
            config="zoo_chen.options:ChenGeneratorOptions",
            summary="transposed convolutions 4x4 from the latent to the image; the upsampler is ignored",
            ignores=("upsampler",),
            paper=PAPER,
            aliases=("zoo-wgan-gp/chen",),
        ),
        Entry(
            "critic",
            "chen",
            target="zoo_chen.networks:ChenCritic",
            config="zoo_chen.options:ChenCriticOptions",
            summary="convolutions 4x4 with instance norm, no dense layer",
            paper=PAPER,
            aliases=("zoo-wgan-gp/chen",),
        ),
    ]
