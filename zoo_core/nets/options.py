"""Options of the reference networks and upsamplers. Imported by `zoo info`, so without torch."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.errors import ZooError
from zoo_core.options import option
from zoo_core.space import Space, halvings, size_problem

NORMS = ("none", "batch", "instance", "layer", "spectral")
ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "silu")
HALVINGS = ("strided", "averaged")
INITS = ("dcgan", "kaiming", "orthogonal", "torch")

NORM_HELP = "normalisation of every layer but the first; spectral divides the weights of all layers instead"
ACTIVATION_HELP = "activation; leaky_relu has slope 0.2"
HALVING_HELP = "how maps are halved; averaged: the first by stride, all others by 3x3 convolutions and means over 2x2"
INIT_HELP = "weights at the start: dcgan is N(0, 0.02), kaiming is He's, orthogonal, torch leaves torch's own"


@dataclass(frozen=True)
class HalvingOptions:
    """Options of a network between images of m * 2^k pixels and an m x m map, m in 4..7, by k doublings or halvings."""

    width: int = option(32, "channels at half resolution", min=1, max=1024)
    max_width: int = option(512, "most channels at any resolution", min=1, max=4096)

    def fits(self, space: Space) -> str | None:
        """Why the network cannot be built for this space, or None."""
        return size_problem(space.size)

    def halvings(self, space: Space) -> tuple[int, int]:
        """m and k. Raises ZooError if the network cannot be built for this space."""
        problem = self.fits(space)
        if problem:
            raise ZooError(problem)
        return halvings(space.size)

    def widths(self, maps: int) -> list[int]:
        """Channels of so many maps, the largest first, each half as high and wide as the one before."""
        return [min(self.width * 2**i, self.max_width) for i in range(maps)]


@dataclass(frozen=True)
class ConvGeneratorOptions(HalvingOptions):
    """Channels double from full resolution towards the seed map: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(16, "channels at full resolution", min=1, max=1024)
    depth: int = option(1, "convolutions per resolution, the upsampler's own included", min=1, max=8)
    norm: str = option("batch", "normalisation after every layer; spectral divides the weights instead", choices=NORMS)
    activation: str = option("relu", ACTIVATION_HELP, choices=ACTIVATIONS)
    dropout: float = option(0.0, "share of activations dropped in training", min=0.0, below=1.0)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)
    init: str = option("dcgan", INIT_HELP, choices=INITS)


@dataclass(frozen=True)
class ConvCriticOptions(HalvingOptions):
    """Channels double from half resolution downwards: `width`, 2 * `width`, ... up to `max_width`.

    The default width is twice the generator's, so that both have the same channels at every resolution.
    """

    depth: int = option(1, "convolutions per resolution, the halving one included", min=1, max=8)
    kernel: int = option(4, "kernel of the strided halving convolutions", min=2, max=7)
    halving: str = option("strided", HALVING_HELP, choices=HALVINGS)
    norm: str = option("none", NORM_HELP, choices=NORMS)
    activation: str = option("leaky_relu", ACTIVATION_HELP, choices=ACTIVATIONS)
    dropout: float = option(0.0, "share of activations dropped in training", min=0.0, below=1.0)
    hidden: int = option(256, "units of each of the two hidden layers of a critic of vectors", min=1, max=8192)
    init: str = option("dcgan", INIT_HELP, choices=INITS)


@dataclass(frozen=True)
class TransposedOptions:
    kernel: int = option(4, "kernel of the transposed convolution; odd ones leave a checkerboard", min=2, max=9)


@dataclass(frozen=True)
class NearestOptions:
    kernel: int = option(3, "kernel of the convolution after nearest-neighbour doubling", min=1, max=9)


@dataclass(frozen=True)
class BilinearOptions:
    kernel: int = option(3, "kernel of the convolution after bilinear doubling", min=1, max=9)


@dataclass(frozen=True)
class PixelShuffleOptions:
    kernel: int = option(3, "kernel of the convolution before the pixel shuffle", min=1, max=9)
