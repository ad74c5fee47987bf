"""What zoo-kiss provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Kiss, Sandor and Pogany 2019, Generating pokemon images with neural networks"
AUTOENCODER = {"generator": "zoo-kiss/kiss_decoder", "critic": "zoo-kiss/kiss_encoder"}
TRAIN = {"train.batch": 32, "train.beta2": 0.999, "train.schedule": "linear"}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "vae_kiss",
            parts={"objective": "zoo-vae/vae", **AUTOENCODER},
            options={"objective.latent": 512, "objective.beta": 0.5, "train.lr": 1e-3, "train.beta1": 0.9, **TRAIN},
            summary="the paper's variational autoencoder, latent 512; needs zoo-vae",
            paper=PAPER,
        ),
        Entry(
            "model",
            "aae_kiss",
            parts={"objective": "zoo-aae/aae", **AUTOENCODER},
            options={
                "objective.latent": 512,
                "objective.critic_steps": 2,
                "train.lr": 5e-4,
                "train.critic_lr": 2e-4,
                "train.beta1": 0.5,
                "train.ema": 0.9,  # the game moves the codes: a longer average decodes those of long ago
                **TRAIN,
            },
            summary="the paper's adversarial autoencoder, latent 512; needs zoo-aae",
            paper=PAPER,
        ),
        Entry(
            "generator",
            "kiss_decoder",
            target="zoo_kiss.autoencoder:Decoder",
            config="zoo_kiss.options:DecoderOptions",
            summary="the paper's decoder; its doublings are fixed, so the upsampler is ignored",
            paper=PAPER,
        ),
        Entry(
            "critic",
            "kiss_encoder",
            target="zoo_kiss.autoencoder:Encoder",
            config="zoo_kiss.options:EncoderOptions",
            summary="the paper's encoder; of codes, its discriminator of the adversarial autoencoder",
            paper=PAPER,
        ),
    ]
