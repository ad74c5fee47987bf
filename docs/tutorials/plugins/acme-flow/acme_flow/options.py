"""Options. `zoo info` imports this module, so it imports neither torch nor numpy."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option
from zoo_core.space import Space, size_problem


@dataclass(frozen=True)
class FlowOptions:
    width: int = option(32, "channels at half resolution; they double with every halving", min=1, max=1024)
    max_width: int = option(256, "most channels at any resolution", min=1, max=4096)
    embedding: int = option(16, "length of the label embedding", min=1, max=1024)
    steps: int = option(16, "Euler steps from noise to image: more is slower and finer", min=1, max=1000)

    def fits(self, space: Space) -> str | None:
        """Why the network cannot be built for this space, or None: asked before anything is built."""
        return size_problem(space.size)


@dataclass(frozen=True)
class FlowMatchingOptions:
    floor: float = option(0.3, "the loss counts times above 1 - floor as that time", above=0, max=1)
