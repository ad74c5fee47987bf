"""What zoo-gan provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Kiss, Sandor and Pogany 2019, Generating pokemon images with neural networks"
PARTS = {"objective": "zoo-gan/gan_strategies", "generator": "zoo-gan/kiss", "critic": "zoo-gan/kiss"}
RMSPROP = {  # the paper names RMSprop for its WGAN, and calls Adam's results for the GAN the worst; rates and batch are ours
    "train.batch": 32,
    "train.optimizer": "rmsprop",
    "train.beta2": 0.9,
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "model",
            "gan_kiss",
            parts=PARTS,
            options={"train.lr": 1e-4, **RMSPROP},
            summary="the paper's dense GAN; its training strategies are options of the objective",
            paper=PAPER,
        ),
        Entry(
            "model",
            "wgan_kiss",
            parts=PARTS,
            options={
                "objective.loss": "wasserstein",
                "objective.clip": 0.1,
                "objective.generator_steps": 5,
                "train.lr": 5e-5,
                **RMSPROP,
            },
            summary="the paper's WGAN: weights clipped to 0.1, the generator trained five times per critic step",
            paper=PAPER,
        ),
        Entry(
            "objective",
            "gan_strategies",
            target="zoo_gan.objective:GanStrategies",
            config="zoo_gan.options:StrategyOptions",
            summary="any adversarial loss, with a say in who trains when: only the weaker, critic not frozen, pretrained",
            paper=PAPER,
        ),
        Entry(
            "generator",
            "kiss",
            target="zoo_gan.networks:KissGenerator",
            config="zoo_gan.options:KissGeneratorOptions",
            summary="the paper's dense layer to a small image, then transposed convolutions; the upsampler is ignored",
            paper=PAPER,
        ),
        Entry(
            "critic",
            "kiss",
            target="zoo_gan.networks:KissCritic",
            config="zoo_gan.options:KissCriticOptions",
            summary="the paper's discriminator: three convolutions with dropout, then a dense layer",
            paper=PAPER,
        ),
    ]
