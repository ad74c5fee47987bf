"""What zoo-aegan provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Lazarou 2020, Autoencoding Generative Adversarial Networks, arXiv 2004.05472"
CODE = "Lazarou 2020, PokeGAN, github.com/ConorLazarou/PokeGAN"


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "aegan",
            parts={"objective": "zoo-aegan/aegan", "generator": "zoo-aegan/aegan", "critic": "zoo-aegan/aegan"},
            options={
                "objective.latent": 16,
                "train.batch": 32,
                "train.lr": 2e-4,
                "train.critic_lr": 1e-4,
                "train.beta1": 0.5,
                "train.beta2": 0.999,
                "train.weight_decay": 1e-8,
                "train.flip": True,
                "train.shift": 0.053,  # 5 of 96 pixels
                "train.hue": 0.5,
            },
            summary="generator and encoder against a critic of images and a critic of codes, as PokeGAN does",
            paper=CODE,
        ),
        Entry(
            "objective",
            "aegan",
            target="zoo_aegan.objective:Aegan",
            config="zoo_aegan.options:AeganOptions",
            summary="two autoencoders, of images and of codes, whose outputs two critics judge",
            paper=PAPER,
        ),
        Entry(
            "generator",
            "aegan",
            target="zoo_aegan.generator:PaletteGenerator",
            config="zoo_aegan.options:GeneratorOptions",
            summary="PokeGAN's: every pixel mixes 16 colours that the latent chooses; the upsampler is ignored",
            ignores=("upsampler",),
            paper=CODE,
        ),
        Entry(
            "critic",
            "aegan",
            target="zoo_aegan.critic:critic",
            config="zoo_aegan.options:CriticOptions",
            summary="PokeGAN's: discriminators of images and of codes, and the encoder where more than one number is asked for",
            paper=CODE,
        ),
    ]
