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
            "objective",
            "wgan_gp",
            target="zoo_wgan_gp.objective:wgan_gp",
            config="zoo_wgan_gp.options:WassersteinPenaltyOptions",
            summary="Wasserstein loss with gradient penalty",
            paper=PAPER,
        ),
    ]
