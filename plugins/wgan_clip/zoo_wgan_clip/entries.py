"""What zoo-wgan-clip provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Arjovsky, Chintala, Bottou 2017, Wasserstein GAN, arXiv 1701.07875"
ARJOVSKY = {  # algorithm 1; the networks are DCGAN's
    "generator.norm": "batch",
    "critic.norm": "batch",
    "train.batch": 64,
    "train.optimizer": "rmsprop",
    "train.lr": 5e-5,
    "train.beta2": 0.99,
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "wgan_clip",
            parts={"objective": "zoo-wgan-clip/wgan_clip"},
            options={**ARJOVSKY, "train.lr": 5e-4},
            summary="Wasserstein GAN, tuned: weights clipped to 0.01, RMSprop at ten times the paper's rate, 5 critic steps",
            paper=PAPER,
        ),
        Entry(
            "model",
            "wgan_clip_2017",
            parts={"objective": "zoo-wgan-clip/wgan_clip"},
            options=ARJOVSKY,
            summary="Wasserstein GAN as in its paper: weights clipped to 0.01, RMSprop 5e-5, 5 critic steps",
            paper=PAPER,
        ),
        Entry(
            "objective",
            "wgan_clip",
            target="zoo_wgan_clip.objective:wgan_clip",
            config="zoo_wgan_clip.options:WassersteinClipOptions",
            summary="Wasserstein loss, critic weights clipped",
            paper=PAPER,
        ),
    ]
