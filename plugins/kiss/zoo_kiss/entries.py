"""What zoo-kiss provides."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

PAPER = "Kiss, Sandor and Pogany 2019, Generating pokemon images with neural networks"
AUTOENCODER = {"generator": "zoo-kiss/kiss_decoder", "critic": "zoo-kiss/kiss_encoder"}
DENSE_GAN = {"objective": "zoo-kiss/gan_strategies", "generator": "zoo-kiss/kiss", "critic": "zoo-kiss/kiss"}
TRAIN = {"train.batch": 32, "train.beta2": 0.999, "train.schedule": "linear"}
RMSPROP = {  # the paper names RMSprop for its WGAN, and calls Adam's results for the GAN the worst; rates and batch are ours
    "train.batch": 32,
    "train.optimizer": "rmsprop",
    "train.beta2": 0.9,
}
EDGES = {  # section "Architectural overview"; batch, rates and dropout are not given there
    "adversarial.loss": "cross_entropy",
    "critic.width": 64,
    "critic.kernel": 5,
    "critic.dropout": 0.25,
    "upsampler.kernel": 5,
    "train.batch": 32,
    "train.optimizer": "rmsprop",
    "train.lr": 2e-4,
    "train.beta2": 0.99,
}


@hookimpl
def zoo_entries() -> list[Entry]:
    return [
        Entry(
            "objective",
            "gan_strategies",
            target="zoo_kiss.strategies:GanStrategies",
            config="zoo_kiss.strategy_options:StrategyOptions",
            summary="any adversarial loss, with a say in who trains when: only the weaker, critic not frozen, pretrained",
            paper=PAPER,
            aliases=("zoo-gan/gan_strategies",),
        ),
        Entry(
            "model",
            "vae_kiss",
            parts={"objective": "zoo-vae/vae", **AUTOENCODER},
            requires=("zoo-vae",),
            options={"objective.latent": 512, "objective.beta": 0.5, "train.lr": 1e-3, "train.beta1": 0.9, **TRAIN},
            summary="the paper's variational autoencoder, latent 512; needs zoo-vae",
            paper=PAPER,
        ),
        Entry(
            "model",
            "aae_kiss",
            parts={"objective": "zoo-aae/aae", **AUTOENCODER},
            requires=("zoo-aae",),
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
            "model",
            "gan_kiss",
            parts=DENSE_GAN,
            options={"train.lr": 1e-4, **RMSPROP},
            summary="the paper's dense GAN; its training strategies are options of the objective",
            paper=PAPER,
            aliases=("zoo-gan/gan_kiss",),
        ),
        Entry(
            "model",
            "wgan_kiss",
            parts=DENSE_GAN,
            options={
                "objective.loss": "wasserstein",
                "objective.clip": 0.1,
                "objective.generator_steps": 5,
                "train.lr": 5e-5,
                **RMSPROP,
            },
            summary="the paper's WGAN: weights clipped to 0.1, the generator trained five times per critic step",
            paper=PAPER,
            aliases=("zoo-gan/wgan_kiss",),
        ),
        Entry(
            "model",
            "cgan_kiss",
            parts={"objective": "zoo-cgan/cgan", "adversarial": "zoo-core/adversarial", "generator": "zoo-kiss/edge_dense"},
            options=EDGES,
            needs=("guide",),
            summary="the paper's DCGAN with edges: the edge map flattened into the dense input, no L1 term",
            paper=PAPER,
            requires=("zoo-cgan",),
            aliases=("zoo-cgan/cgan_kiss",),
        ),
        Entry(
            "generator",
            "kiss_decoder",
            target="zoo_kiss.autoencoder:Decoder",
            config="zoo_kiss.options:DecoderOptions",
            summary="the paper's decoder; its doublings are fixed, so the upsampler is ignored",
            ignores=("upsampler",),
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
        Entry(
            "generator",
            "kiss",
            target="zoo_kiss.dense_gan:KissGenerator",
            config="zoo_kiss.options:KissGeneratorOptions",
            summary="the paper's dense layer to a small image, then transposed convolutions; the upsampler is ignored",
            ignores=("upsampler",),
            paper=PAPER,
            aliases=("zoo-gan/kiss",),
        ),
        Entry(
            "critic",
            "kiss",
            target="zoo_kiss.dense_gan:KissCritic",
            config="zoo_kiss.options:KissCriticOptions",
            summary="the paper's discriminator: three convolutions with dropout, then a dense layer",
            paper=PAPER,
            aliases=("zoo-gan/kiss",),
        ),
        Entry(
            "generator",
            "edge_dense",
            target="zoo_kiss.edges:EdgeDense",
            config="zoo_kiss.options:DenseOptions",
            needs=("guide",),
            summary="the guide is flattened into the dense input",
            paper=PAPER,
            aliases=("zoo-cgan/edge_dense",),
        ),
    ]
