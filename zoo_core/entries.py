"""What zoo-core itself provides. Imported by every command, so without torch."""

from __future__ import annotations

from zoo_core.hooks import Entry, hookimpl

DCGAN = "Radford et al. 2015, arXiv 1511.06434"
COMMANDS = (
    Entry("command", "doctor", "zoo_core.cli.doctor:doctor_command", summary="Check that all plugins work"),
    Entry("command", "info", "zoo_core.cli.listing:info_command", summary="Show what something is, needs and can be set to"),
    Entry("command", "list", "zoo_core.cli.listing:list_command", summary="List what the installed plugins provide"),
    Entry("command", "sample", "zoo_core.cli.sample:sample_command", summary="Draw pictures with a trained model"),
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
    return [*COMMANDS, *NETWORKS, *UPSAMPLERS]
