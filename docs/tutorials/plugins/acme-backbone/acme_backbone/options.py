"""Options. `zoo info` imports this module, so it imports neither torch nor numpy."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option
from zoo_core.space import Space, size_problem


@dataclass(frozen=True)
class BackboneOptions:
    backbone: str = option("resnet10t", "any convolutional network of timm that gives a map for each halving")
    width: int = option(32, "channels at every resolution on the way up", min=1, max=1024)
    embedding: int = option(16, "length of the label embedding", min=1, max=1024)

    def fits(self, space: Space) -> str | None:
        """Why the network cannot be built for this space, or None: asked before anything is built."""
        return size_problem(space.size)
