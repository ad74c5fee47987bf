"""What zoo-xiang128 provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Xiang, Pokemon Generation with Wasserstein GAN, University of Sydney"
NETWORKS = {"generator": "zoo-xiang128/xiang", "critic": "zoo-xiang128/xiang"}
XIANG = {  # section 4.1, table of hyperparameters, and section 4.2
    "objective.latent": 100,
    "train.batch": 32,
    "train.optimizer": "rmsprop",
    "train.lr": 5e-5,
    "train.beta2": 0.9,
    "train.flip": True,
    "train.vflip": True,
    "train.shift": 0.1,
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "xiang_wgan",
            parts={"objective": "zoo-wgan-clip/wgan_clip", **NETWORKS},
            requires=("zoo-wgan-clip",),
            options={"objective.clip": 0.01, "objective.critic_steps": 5, **XIANG},
            summary="the paper's Wasserstein GAN for 128 px, weights clipped; needs zoo-wgan-clip",
            paper=PAPER,
        ),
        Entry(
            "model",
            "xiang_gan",
            parts={"objective": "zoo-dcgan/dcgan", **NETWORKS},
            requires=("zoo-dcgan",),
            options=XIANG,
            summary="the paper's plain GAN on the same networks; needs zoo-dcgan",
            paper=PAPER,
        ),
        Entry(
            "generator",
            "xiang",
            target="zoo_xiang128.networks:XiangGenerator",
            config="zoo_xiang128.options:GeneratorOptions",
            summary="the paper's transposed convolutions 5x5, up to the image; the upsampler is ignored",
            ignores=("upsampler",),
            paper=PAPER,
        ),
        Entry(
            "critic",
            "xiang",
            target="zoo_xiang128.networks:XiangCritic",
            config="zoo_xiang128.options:CriticOptions",
            summary="the paper's convolutions 5x5; the score is the mean of an 8x8 map",
            paper=PAPER,
        ),
    ]
