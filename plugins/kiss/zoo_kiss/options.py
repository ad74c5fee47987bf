"""Options of the networks. The defaults are the paper's. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.nets.options import ACTIVATION_HELP, ACTIVATIONS, HalvingOptions
from zoo_core.options import option


@dataclass(frozen=True)
class DecoderOptions(HalvingOptions):
    """Channels double from full resolution towards the seed map: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(32, "channels at full resolution", min=1, max=1024)
    max_width: int = option(256, "most channels at any resolution", min=1, max=4096)
    activation: str = option("leaky_relu", ACTIVATION_HELP, choices=ACTIVATIONS)
    norm_first: bool = option(True, "batch norm before the activation; false: after it, as the paper's tables suggest")
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)


@dataclass(frozen=True)
class EncoderOptions(HalvingOptions):
    """Channels double from half resolution downwards: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(32, "channels at half resolution", min=1, max=1024)
    max_width: int = option(256, "most channels at any resolution", min=1, max=4096)
    hidden: int = option(1024, "units of the dense layer before the outputs", min=1, max=8192)
    activation: str = option("leaky_relu", ACTIVATION_HELP, choices=ACTIVATIONS)
    embedding: int = option(32, "length of the label embedding that the first dense layer also sees", min=1, max=1024)
