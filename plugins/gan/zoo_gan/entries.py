"""What this plugin provides: models that play the core's adversarial game with the losses and settings of their papers."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

GOODFELLOW = "Goodfellow et al. 2014, Generative Adversarial Nets, arXiv 1406.2661"
DCGAN_SETTINGS = {
    "generator.norm": "batch",
    "critic.norm": "batch",
    "train.batch": 64,
    "train.lr": 2e-4,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
}
PALETTE_GAN = {  # docs/explanation/defaults.md has the runs that chose them
    "objective.loss": "wasserstein",
    "objective.penalty": "gradient",
    "objective.penalty_interval": 4,
    "critic.norm": "batch",
    "critic.halving": "averaged",
    "upsampler.doubling": "nearest",
    "upsampler.kernel": 3,
    "train.batch": 32,
    "train.lr": 5e-4,
    "train.beta1": 0.0,
    "train.beta2": 0.9,
    "train.schedule": "linear",
    "train.augment": ("translation",),
}
MODELS = tuple(
    Entry(
        "model",
        name,
        parts={"objective": "zoo-core/adversarial"},
        options=options,
        summary=summary,
        paper=paper,
        aliases=(f"zoo-core/{name}",),
    )
    for name, options, summary, paper in (
        (
            "gan",
            {**DCGAN_SETTINGS, "critic.norm": "none"},
            "the adversarial game to put together: --set objective.loss=... --set objective.penalty=...",
            GOODFELLOW,
        ),
        (
            "lsgan",
            {**DCGAN_SETTINGS, "objective.loss": "least_squares"},
            "least-squares GAN on DCGAN's settings",
            "Mao et al. 2017, Least Squares Generative Adversarial Networks, arXiv 1611.04076",
        ),
        (
            "sngan",
            {  # the authors' code, configs/sn_cifar10_unconditional.yml of pfnet-research/sngan_projection; table 1, setting A
                "objective.loss": "hinge",
                "objective.latent": 128,
                "objective.critic_steps": 5,
                "critic.norm": "spectral",
                "train.batch": 64,
                "train.lr": 2e-4,
                "train.beta1": 0.0,
                "train.beta2": 0.9,
                "train.schedule": "linear",
            },
            "hinge loss, spectral norm in the critic, 5 critic steps",
            "Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, arXiv 1802.05957",
        ),
        (
            "r1gan",
            {  # the authors' code, configs/default.yaml of LMescheder/GAN_stability; no norm in either network: appendix
                "objective.latent": 256,
                "objective.penalty": "r1",
                "objective.penalty_weight": 10.0,  # gamma of equation 9; their code leaves its half out, which is 20 here
                "generator.norm": "none",
                "generator.activation": "leaky_relu",
                "generator.init": "kaiming",  # from N(0, 0.02) a network without norms hardly moves
                "critic.norm": "none",
                "critic.init": "kaiming",
                "train.batch": 64,
                "train.optimizer": "rmsprop",
                "train.lr": 1e-4,
                "train.beta2": 0.99,
            },
            "GAN with the R1 penalty: no norm in either network, RMSprop 1e-4",
            "Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?, arXiv 1801.04406",
        ),
        (
            "dragan",
            # weight 10 and norm 1: the paper's; it takes any architecture, so the rest is DCGAN's
            {**DCGAN_SETTINGS, "critic.norm": "none", "objective.penalty": "dragan", "objective.penalty_weight": 10.0},
            "GAN with a gradient penalty around the real images",
            "Kodali et al. 2017, On Convergence and Stability of GANs, arXiv 1705.07215",
        ),
        (
            "ragan",
            {  # the author's code, code/stable.sh of AlexiaJM/RelativisticGAN, "DCGAN setup" on CIFAR-10
                **DCGAN_SETTINGS,
                "objective.loss": "relativistic_average",
                "critic.norm": "spectral",
                "train.batch": 32,
            },
            "relativistic average GAN: spectral norm in the critic, Adam 2e-4, batch 32",
            "Jolicoeur-Martineau 2018, The relativistic discriminator, arXiv 1807.00734",
        ),
    )
)


@hookimpl
def zoo_entries() -> list[Entry]:
    palette_gan = Entry(
        "model",
        "palette_gan",
        parts={"objective": "zoo-core/adversarial", "upsampler": "zoo-colorpicker/colorpicker"},
        options=PALETTE_GAN,
        requires=("zoo-colorpicker",),
        summary="the default: a Wasserstein GAN with a palette, whose pictures start as whole bodies, not as hatching",
        paper="Lazarou 2020, PokeGAN; Gulrajani et al. 2017, arXiv 1704.00028; Zhao et al. 2020, arXiv 2006.10738",
    )
    return [palette_gan, *MODELS]
