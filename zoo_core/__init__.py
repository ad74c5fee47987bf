"""zoo: a plugin-based zoo of small image generators. Importing this package does not import torch.

import zoo_core as zoo

pictures = zoo.load("user/repo").sample(64, seed=0, labels={"type": "fire"})  # (64, C, H, W) uint8
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo_core.model.hub import load as load
    from zoo_core.model.hub import save as save

__version__ = "0.1.0"
LAZY = {"load": "zoo_core.model.hub", "save": "zoo_core.model.hub"}  # what is imported when it is first asked for


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(LAZY[name]), name)
