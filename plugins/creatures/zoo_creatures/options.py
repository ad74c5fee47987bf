"""Options of the creatures. Imports neither torch nor numpy, so that they can be listed quickly."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class CreaturesOptions:
    """Options of the dataset `creatures`."""

    count: int = option(819, "number of creatures", min=16, max=100_000)
    seed: int = option(0, "another seed, other creatures", min=0)
    held_out: float = option(0.1, "part that is never trained on", min=0.0, max=0.5)
