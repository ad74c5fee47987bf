"""Options of the objective. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.objectives.options import AdversarialOptions
from zoo_core.options import option


@dataclass(frozen=True)
class DcganOptions(AdversarialOptions):
    label_smoothing: float = option(0.0, "real images count as real with probability 1 - this (one-sided)", min=0, below=0.5)
    saturating: bool = option(False, "minimise log(1 - D(G(z))), the original minimax loss, instead of -log D(G(z))")
