"""Options. `zoo info` imports this module, so it imports neither torch nor numpy."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class SlicedOptions:
    latent: int = option(64, "numbers of the latent", min=1, max=4096)
    directions: int = option(512, "random directions that each batch is looked at from", min=1, max=65536)
