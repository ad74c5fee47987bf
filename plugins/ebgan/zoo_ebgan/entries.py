"""What zoo-ebgan provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Zhao, Mathieu, LeCun 2017, Energy-based Generative Adversarial Network, arXiv 1609.03126"
ZHAO = {  # the paper's networks are like DCGAN's; so is Adam here
    "objective.pull_away": 0.1,  # the paper's, for CelebA and LSUN
    "generator.norm": "batch",
    "critic.norm": "none",  # batch norm hides from the autoencoder what all images of a batch have in common
    "train.batch": 32,
    "train.lr": 2e-4,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "ebgan",
            parts={"objective": "zoo-ebgan/ebgan"},
            options=ZHAO,
            summary="Energy-based GAN: autoencoder critic, margin loss, pulling-away term, Adam 2e-4",
            paper=PAPER,
        ),
        Entry(
            "objective",
            "ebgan",
            target="zoo_ebgan.objective:EnergyBased",
            config="zoo_ebgan.options:EbganOptions",
            summary="an autoencoder's reconstruction error is low on real and high on generated images",
            paper=PAPER,
        ),
    ]
