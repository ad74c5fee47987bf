"""What zoo-cgan provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

MIRZA = "Mirza and Osindero 2014, Conditional Generative Adversarial Nets, arXiv 1411.1784"
ISOLA = "Isola et al. 2017, Image-to-Image Translation with Conditional Adversarial Networks, arXiv 1611.07004"
OURS = {  # Isola et al. train for hours with an L1 weight of 100 and 2e-4; these are for minutes
    "objective.match": 10.0,
    "adversarial.loss": "cross_entropy",
    "critic.norm": "batch",
    "train.batch": 16,
    "train.lr": 1e-3,
    "train.critic_lr": 3e-4,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
    "train.schedule": "linear",
    "guide.threshold": 0.3,
    "guide.thin": True,
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "cgan",
            parts={
                "objective": "zoo-cgan/cgan",
                "adversarial": "zoo-core/adversarial",
                "generator": "zoo-cgan/edge_unet",
                "upsampler": "zoo-core/nearest",
            },
            options=OURS,
            needs=("guide",),
            summary="pictures along thinned edges or a drawing: skip connections, cross-entropy and an L1 term",
            paper=ISOLA,
        ),
        Entry(
            "objective",
            "cgan",
            target="zoo_cgan.objective:Guided",
            config="zoo_cgan.options:CganOptions",
            needs=("guide",),
            summary="terms that make a guide count, around any adversarial objective (--adversarial NAME)",
            paper=MIRZA,
        ),
        Entry(
            "generator",
            "edge_unet",
            target="zoo_cgan.unet:EdgeUnet",
            config="zoo_cgan.options:UnetOptions",
            needs=("guide",),
            summary="the guide is halved step by step, with skip connections into the doublings",
            paper=ISOLA,
        ),
    ]
