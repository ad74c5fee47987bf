"""What zoo-acgan provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Odena, Olah, Shlens 2017, Conditional Image Synthesis with Auxiliary Classifier GANs, arXiv 1610.09585"
ODENA = {  # appendix A
    "adversarial.loss": "cross_entropy",
    "generator.norm": "batch",
    "critic.norm": "batch",
    "critic.dropout": 0.5,
    "train.batch": 100,
    "train.lr": 2e-4,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
}
WASSERSTEIN = {  # GAN_IconClass's WACGAN: base width 20 is the critic's first layer and the generator's last but one
    "adversarial.loss": "wasserstein",
    "adversarial.penalty": "gradient",
    "adversarial.penalty_weight": 10.0,
    "adversarial.critic_steps": 4,
    "adversarial.latent": 60,
    "generator.width": 10,
    "generator.activation": "leaky_relu",
    "critic.width": 20,
    "critic.norm": "none",
    "train.batch": 64,
    "train.lr": 9e-4,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
    "train.instance_noise": 0.01,
}


@hookimpl
def zoo_entries() -> list[Entry]:
    parts = {"objective": "zoo-acgan/acgan", "adversarial": "zoo-core/adversarial"}
    return [
        Entry(
            "model",
            "acgan",
            parts=parts,
            options=ODENA,
            needs=("labels",),
            summary="Auxiliary-classifier GAN: batch norm on both sides, dropout in the critic, Adam 2e-4",
            paper=PAPER,
        ),
        Entry(
            "model",
            "acgan_wgan_gp",
            parts=parts,
            options=WASSERSTEIN,
            needs=("labels",),
            summary="Auxiliary classifier over the Wasserstein loss with gradient penalty, 4 critic steps, Adam 9e-4",
            paper="Leguay, GAN_IconClass (WACGAN); losses of arXiv 1610.09585 and arXiv 1704.00028",
        ),
        Entry(
            "objective",
            "acgan",
            target="zoo_acgan.objective:AuxiliaryClassifier",
            config="zoo_acgan.options:AcganOptions",
            needs=("labels",),
            summary="a label classifier in the critic, around any adversarial objective (--adversarial NAME)",
            paper=PAPER,
        ),
    ]
