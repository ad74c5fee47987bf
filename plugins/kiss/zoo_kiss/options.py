"""Options of the networks. The defaults are the paper's. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.nets.options import ACTIVATION_HELP, ACTIVATIONS, INIT_HELP, INITS, HalvingOptions
from zoo_core.options import option
from zoo_core.space import Space


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


@dataclass(frozen=True)
class KissGeneratorOptions(HalvingOptions):
    """Channels double from full resolution towards the first map: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(128, "channels at full resolution", min=1, max=1024)
    max_width: int = option(1024, "most channels at any resolution", min=1, max=4096)
    extra: int = option(1, "channels at half resolution beyond 2 * width: the paper has 257, not 256", min=0, max=16)
    slope: float = option(0.3, "slope of leaky ReLU below zero", min=0, max=1)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)
    init: str = option("dcgan", INIT_HELP, choices=INITS)


@dataclass(frozen=True)
class KissCriticOptions(HalvingOptions):
    """Channels double from half resolution downwards: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(64, "channels at half resolution", min=1, max=1024)
    max_width: int = option(256, "most channels at any resolution", min=1, max=4096)
    slope: float = option(0.3, "slope of leaky ReLU below zero", min=0, max=1)
    dropout: float = option(0.3, "share of activations dropped in training, after every convolution", min=0, below=1)
    init: str = option("dcgan", INIT_HELP, choices=INITS)


@dataclass(frozen=True)
class DenseOptions:
    """The defaults are Kiss, Sandor and Pogany's, but for `edges`: of these layers their paper gives no numbers."""

    edges: tuple[int, ...] = option((16, 32), "channels of the convolutions that halve the guide before it is flattened")
    seed: int = option(3, "channels of the map that the dense layer makes", min=1, max=1024)
    doublings: int = option(3, "how often that map is doubled", min=1, max=7)
    width: int = option(128, "channels at full resolution; they double towards the smallest map", min=1, max=1024)
    max_width: int = option(1024, "most channels at any resolution", min=1, max=4096)
    extra: int = option(1, "channels beyond the double at half resolution, where the paper has 257", min=0, max=1024)
    activation: str = option("leaky_relu", ACTIVATION_HELP, choices=ACTIVATIONS)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)
    init: str = option("dcgan", INIT_HELP, choices=INITS)

    def fits(self, space: Space) -> str | None:
        """Why the network cannot be built for this space, or None."""
        if not self.edges or not all(1 <= width <= 4096 for width in self.edges):
            return "edges must be numbers from 1 to 4096, for example edges=16,32"
        for name, halvings in (("edges", len(self.edges)), ("doublings", self.doublings)):
            if space.size % (1 << halvings):
                near = -(-space.size >> halvings) << halvings
                return f"size {space.size} cannot be halved {halvings} times; type fewer {name}, or --size {near}"
        return None if space.guide else "it draws along guides; type --guide edges"

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the smallest map, then after each doubling."""
        found = [min(self.width * 2**i, self.max_width) for i in range(self.doublings + 1)]
        found[1] += self.extra
        return tuple(reversed(found))
