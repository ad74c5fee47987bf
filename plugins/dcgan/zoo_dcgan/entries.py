"""What zoo-dcgan provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

RADFORD = {  # Radford et al. 2015, section 4
    "objective.prior": "uniform",
    "generator.norm": "batch",
    "generator.activation": "relu",
    "critic.norm": "batch",
    "train.batch": 128,
    "train.optimizer": "adam",
    "train.lr": 2e-4,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "dcgan",
            parts={"objective": "zoo-dcgan/dcgan"},
            options=RADFORD,
            summary="DCGAN: batch norm on both sides, Adam 2e-4, batch 128",
            paper="Radford, Metz, Chintala 2015, Unsupervised Representation Learning with DCGANs, arXiv 1511.06434",
        ),
        Entry(
            "objective",
            "dcgan",
            target="zoo_dcgan.objective:dcgan",
            config="zoo_dcgan.options:DcganOptions",
            summary="GAN loss on logits, non-saturating by default",
            paper="Goodfellow et al. 2014, Generative Adversarial Nets, arXiv 1406.2661",
        ),
    ]
