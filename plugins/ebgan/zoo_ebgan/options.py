"""Options of the objective. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.objectives.options import AdversarialOptions
from zoo_core.options import option


@dataclass(frozen=True)
class EbganOptions(AdversarialOptions):
    code: int = option(64, "numbers between encoder and decoder", min=1, max=4096)
    margin: float | None = option(
        None,
        "energy that generated images are raised to; none: half of what the real images' mean colour has",
        above=0,
    )
    pull_away: float = option(0.1, "weight of the pulling-away term on the codes of generated images", min=0)
