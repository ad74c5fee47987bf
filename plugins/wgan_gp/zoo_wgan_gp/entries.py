"""What zoo-wgan-gp provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Gulrajani et al. 2017, Improved Training of Wasserstein GANs, arXiv 1704.00028"
OURS = {  # docs/explanation/defaults.md has the runs that chose them
    "objective.critic_steps": 1,
    "critic.norm": "none",
    "train.batch": 32,
    "train.lr": 5e-4,
    "train.beta1": 0.0,
    "train.beta2": 0.9,
    "train.schedule": "linear",
}
GULRAJANI = {  # algorithm 1 and appendix C: layer norm in place of batch norm
    "critic.norm": "layer",
    "train.batch": 64,
    "train.lr": 1e-4,
    "train.beta1": 0.0,
    "train.beta2": 0.9,
    "train.schedule": "constant",
}
CHEN_PAPER = "Chen, Huang, Wang, Yi, General Purpose Image Generator by WGAN"
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
    parts = {"objective": "zoo-wgan-gp/wgan_gp"}
    return [
        Entry(
            "model",
            "wgan_gp",
            parts=parts,
            options=OURS,
            summary="Wasserstein GAN with gradient penalty, tuned: one critic step, no norm in the critic, Adam 5e-4",
            paper=PAPER,
        ),
        Entry(
            "model",
            "wgan_gp_2017",
            parts=parts,
            options=GULRAJANI,
            summary="Wasserstein GAN with gradient penalty as in its paper: Adam 1e-4, layer norm in the critic",
            paper=PAPER,
        ),
        Entry(
            "model",
            "wgan_gp_chen",
            parts={**parts, "generator": "zoo-wgan-gp/chen", "critic": "zoo-wgan-gp/chen"},
            options=CHEN,
            summary="Wasserstein GAN with gradient penalty of Chen et al.: instance norm in the critic, Adam 1e-4",
            paper=CHEN_PAPER,
        ),
        Entry(
            "objective",
            "wgan_gp",
            target="zoo_wgan_gp.objective:wgan_gp",
            config="zoo_wgan_gp.options:WassersteinPenaltyOptions",
            summary="Wasserstein loss with gradient penalty",
            paper=PAPER,
        ),
        Entry(
            "generator",
            "chen",
            target="zoo_wgan_gp.chen:ChenGenerator",
            config="zoo_wgan_gp.options:ChenGeneratorOptions",
            summary="transposed convolutions 4x4 from the latent to the image; the upsampler is ignored",
            paper=CHEN_PAPER,
        ),
        Entry(
            "critic",
            "chen",
            target="zoo_wgan_gp.chen:ChenCritic",
            config="zoo_wgan_gp.options:ChenCriticOptions",
            summary="convolutions 4x4 with instance norm, no dense layer",
            paper=CHEN_PAPER,
        ),
    ]
