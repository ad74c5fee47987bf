"""Options of the objective and of the guided generators. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.nets.options import ACTIVATION_HELP, ACTIVATIONS, INIT_HELP, INITS, NORMS, HalvingOptions
from zoo_core.options import option
from zoo_core.space import Space


@dataclass(frozen=True)
class CganOptions:
    """What is added to the adversarial objective, whose own options are those of the part `adversarial`."""

    match: float = option(0.0, "weight of the mean absolute difference to the image that the guide came from", min=0)
    mismatch: float = option(
        0.0, "weight, for the critic, of real images beside the guides of others, which count as generated", min=0
    )


@dataclass(frozen=True)
class UnetOptions(HalvingOptions):
    """Channels double from full resolution towards the smallest map: `width`, 2 * `width`, ... up to `max_width`."""

    width: int = option(16, "channels at full resolution, on either side of the U", min=1, max=1024)
    max_width: int = option(256, "most channels at any resolution", min=1, max=4096)
    norm: str = option("batch", "normalisation after every layer", choices=tuple(name for name in NORMS if name != "spectral"))
    activation: str = option("leaky_relu", ACTIVATION_HELP, choices=ACTIVATIONS)
    embedding: int = option(32, "length of the label embedding that is appended to the latent", min=1, max=1024)
    init: str = option("dcgan", INIT_HELP, choices=INITS)

    def fits(self, space: Space) -> str | None:
        """Why the network cannot be built for this space, or None."""
        return _no_guide(space) or super().fits(space)


def _no_guide(space: Space) -> str | None:
    return None if space.guide else "it draws along guides; type --guide edges"
