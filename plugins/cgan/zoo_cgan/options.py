"""Options of the objective and of the guided generators. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.nets.options import ACTIVATION_HELP, ACTIVATIONS, INIT_HELP, INITS, NORMS
from zoo_core.options import option
from zoo_core.space import Space, size_problem


@dataclass(frozen=True)
class CganOptions:
    """What is added to the adversarial objective, whose own options are those of the part `adversarial`."""

    match: float = option(0.0, "weight of the mean absolute difference to the image that the guide came from", min=0)
    mismatch: float = option(
        0.0, "weight, for the critic, of real images beside the guides of others, which count as generated", min=0
    )


@dataclass(frozen=True)
class UnetOptions:
    """Channels double from full resolution towards the smallest map: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(16, "channels at full resolution, on either side of the U", min=1, max=1024)
    max_width: int = option(256, "most channels at any resolution", min=1, max=4096)
    norm: str = option("batch", "normalisation after every layer", choices=tuple(name for name in NORMS if name != "spectral"))
    activation: str = option("leaky_relu", ACTIVATION_HELP, choices=ACTIVATIONS)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)
    init: str = option("dcgan", INIT_HELP, choices=INITS)

    def fits(self, space: Space) -> str | None:
        """Why the network cannot be built for this space, or None."""
        return _no_guide(space) or size_problem(space.size)


@dataclass(frozen=True)
class DenseOptions:
    """The defaults are Kiss, Sandor and Pogany's, but for `edges`: of these layers their paper gives no numbers."""

    edges: tuple[int, ...] = option((16, 32), "channels of the convolutions that halve the guide before it is flattened")
    seed: int = option(3, "channels of the map that the dense layer makes", min=1, max=1024)
    widths: tuple[int, ...] = option((1024, 512, 257, 128), "channels of that map after a convolution, then of each doubling")
    activation: str = option("leaky_relu", ACTIVATION_HELP, choices=ACTIVATIONS)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)
    init: str = option("dcgan", INIT_HELP, choices=INITS)

    def fits(self, space: Space) -> str | None:
        """Why the network cannot be built for this space, or None."""
        for name, widths, least in (("edges", self.edges, 1), ("widths", self.widths, 2)):
            if len(widths) < least or not all(1 <= width <= 4096 for width in widths):
                return f"{name} must be {least} or more numbers from 1 to 4096, for example {name}=64,32"
        for name, halvings in (("edges", len(self.edges)), ("widths", len(self.widths) - 1)):
            if space.size % (1 << halvings):
                near = -(-space.size >> halvings) << halvings
                return f"size {space.size} cannot be halved {halvings} times; type fewer {name}, or --size {near}"
        return _no_guide(space)


def _no_guide(space: Space) -> str | None:
    return None if space.guide else "it draws along guides; type --guide edges"
