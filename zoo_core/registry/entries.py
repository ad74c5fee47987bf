"""What zoo-core itself provides. Imported by every command, so without torch."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

DCGAN = "Radford et al. 2015, arXiv 1511.06434"
GOODFELLOW = "Goodfellow et al. 2014, Generative Adversarial Nets, arXiv 1406.2661"
COMMANDS = (
    Entry("command", "cache", "zoo_core.cli.cache:cache_command", summary="List the models of the Hub on this machine"),
    Entry("command", "doctor", "zoo_core.cli.doctor:doctor_command", summary="Check that all plugins work"),
    Entry("command", "info", "zoo_core.cli.listing:info_command", summary="Show what something is, needs and can be set to"),
    Entry("command", "install", "zoo_core.cli.packages:install_command", summary="Install plugins into this environment"),
    Entry("command", "list", "zoo_core.cli.listing:list_command", summary="List what the installed plugins provide"),
    Entry("command", "plugins", "zoo_core.cli.packages:plugins_command", summary="List the installed plugins"),
    Entry("command", "pull", "zoo_core.cli.cache:pull_command", summary="Download a model of the Hub"),
    Entry("command", "sample", "zoo_core.cli.sample:sample_command", summary="Draw pictures with a trained model"),
    Entry("command", "uninstall", "zoo_core.cli.packages:uninstall_command", summary="Remove plugins from this environment"),
)
NETWORKS = (
    Entry(
        "generator",
        "conv",
        "zoo_core.nets.generator:ConvGenerator",
        "zoo_core.nets.options:ConvGeneratorOptions",
        summary="dense layer to a small map, then upsampling stages",
        paper=DCGAN,
    ),
    Entry(
        "critic",
        "conv",
        "zoo_core.nets.critic:ConvCritic",
        "zoo_core.nets.options:ConvCriticOptions",
        summary="strided convolutions, then a dense layer; also a critic of vectors",
        paper=DCGAN,
    ),
)
OBJECTIVES = (
    Entry(
        "objective",
        "adversarial",
        "zoo_core.objectives.adversarial:adversarial",
        "zoo_core.objectives.options:GanOptions",
        summary="generator against critic, with any loss and any penalty",
        paper=GOODFELLOW,
    ),
)
DCGAN_SETTINGS = {
    "generator.norm": "batch",
    "critic.norm": "batch",
    "train.batch": 64,
    "train.lr": 2e-4,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
}
MODELS = tuple(
    Entry("model", name, parts={"objective": "zoo-core/adversarial"}, options=options, summary=summary, paper=paper)
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
UPSAMPLERS = tuple(
    Entry(
        "upsampler", name, f"zoo_core.nets.upsamplers:{attribute}", f"zoo_core.nets.options:{attribute}Options", summary=summary
    )
    for name, attribute, summary in (
        ("transposed", "Transposed", "transposed convolution"),
        ("nearest", "Nearest", "nearest-neighbour doubling, then a convolution"),
        ("bilinear", "Bilinear", "bilinear doubling, then a convolution"),
        ("pixelshuffle", "PixelShuffle", "a convolution to four times the channels, rearranged into pixels"),
    )
)


@hookimpl
def zoo_entries() -> list[Entry]:
    return [*COMMANDS, *NETWORKS, *OBJECTIVES, *MODELS, *UPSAMPLERS]
