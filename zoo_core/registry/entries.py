"""What zoo-core itself provides. Imported by every command, so without torch."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

DCGAN = "Radford et al. 2015, arXiv 1511.06434"
GOODFELLOW = "Goodfellow et al. 2014, Generative Adversarial Nets, arXiv 1406.2661"
COMMANDS = (
    Entry("command", "cache", "zoo_core.cli.cache:cache_command", summary="List the models of the Hub on this machine"),
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
    return [*COMMANDS, *NETWORKS, *OBJECTIVES, *UPSAMPLERS]
