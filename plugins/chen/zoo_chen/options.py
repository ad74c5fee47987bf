"""Options of the networks. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.nets.options import INIT_HELP, INITS, HalvingOptions
from zoo_core.options import option


@dataclass(frozen=True)
class ChenGeneratorOptions(HalvingOptions):
    """Channels double from half resolution towards the first map: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(256, "channels at half resolution", min=1, max=1024)
    max_width: int = option(1024, "most channels at any resolution", min=1, max=4096)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)
    init: str = option("dcgan", INIT_HELP, choices=INITS)


@dataclass(frozen=True)
class ChenCriticOptions(HalvingOptions):
    """Channels double from half resolution downwards: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(256, "channels at half resolution", min=1, max=1024)
    max_width: int = option(1024, "most channels at any resolution", min=1, max=4096)
    norm: str = option(
        "instance",
        "normalisation of every convolution but the last; the paper began with batch, and was slower",
        choices=("none", "batch", "instance", "layer"),
    )
    spectral: bool = option(False, "spectral norm on all convolutions but the first and the last, as in the paper's code")
    init: str = option("dcgan", INIT_HELP, choices=INITS)
