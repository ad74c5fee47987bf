"""What a score was measured with. Two scores may share a column only if their identities have the same id."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class Identity:
    """The measuring instrument, and the sets it was held against.

    reference_sha256  hash of the real images as the metrics saw them: training split, held-out split.
    kid_subset_size   images per subset of KID; 0 if KID could not be measured.
    instead_of        the extractor that was asked for and could not be had; not part of the id.
    versions          of what computed the numbers. Printed, but not part of the id: another version of torch moves the last
                      digits, and a faulty one cannot be recognised by its number anyway.
    """

    extractor: str
    weights_sha256: str
    layer: str
    resize: str
    background: tuple[int, int, int]
    n_real: int
    n_fake: int
    n_held_out: int
    size: int
    split: str
    seed: int
    kid_subset_size: int
    is_splits: int
    reference_sha256: str
    versions: Mapping[str, str]
    instead_of: str = ""

    @property
    def id(self) -> str:
        """For example `sprites-737x2000-a1b2c3`."""
        measured = {name: value for name, value in asdict(self).items() if name not in ("versions", "instead_of")}
        short = hashlib.sha256(json.dumps(measured, sort_keys=True).encode()).hexdigest()[:6]
        return f"{self.extractor}-{self.n_real}x{self.n_fake}-{short}"

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, **asdict(self), "background": list(self.background), "versions": dict(self.versions)}


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    found = {"torch": str(torch.__version__), "numpy": np.__version__}
    for name in ("torch-fidelity", "zoo-bench"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # run from a checkout that is not installed
            found[name] = "unknown"
    return found
