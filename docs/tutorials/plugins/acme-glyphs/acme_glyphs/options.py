"""Options. `zoo info` imports this module, so it imports neither torch nor numpy."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class GlyphsOptions:
    count: int = option(1500, "number of pictures", min=16)
    tilt: float = option(15.0, "most degrees by which a letter is turned", min=0, max=180)
    seed: int = option(0, "another seed, other pictures", min=0)
