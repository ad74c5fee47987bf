"""Options of the networks. The defaults are the paper's. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.nets.options import INIT_HELP, INITS, NORMS, HalvingOptions
from zoo_core.options import option
from zoo_core.space import Space

KERNEL_HELP = "kernel of every doubling or halving, an odd number; the paper hopes that 3 removes black holes"


def even(kernel: int) -> str | None:
    """Why a network cannot have this kernel, or None."""
    return None if kernel % 2 else f"kernel {kernel} is even; type kernel={kernel + 1}"


@dataclass(frozen=True)
class GeneratorOptions(HalvingOptions):
    """Channels double from half resolution towards the seed map: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(16, "channels at half resolution", min=1, max=1024)
    max_width: int = option(256, "most channels at any resolution", min=1, max=4096)
    kernel: int = option(5, KERNEL_HELP, min=3, max=7)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)
    init: str = option("dcgan", INIT_HELP, choices=INITS)

    def fits(self, space: Space) -> str | None:
        return even(self.kernel) or super().fits(space)


@dataclass(frozen=True)
class CriticOptions(HalvingOptions):
    """Channels double from half resolution downwards: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(16, "channels at half resolution", min=1, max=1024)
    max_width: int = option(128, "most channels at any resolution", min=1, max=4096)
    kernel: int = option(5, KERNEL_HELP, min=3, max=7)
    norm: str = option(
        "batch", "normalisation of every convolution; spectral divides the weights of all layers instead", choices=NORMS
    )
    dropout: float = option(0.0, "share of activations dropped in training, after every convolution", min=0, below=1)
    init: str = option("dcgan", INIT_HELP, choices=INITS)

    def fits(self, space: Space) -> str | None:
        return even(self.kernel) or super().fits(space)
