"""Options of the observers. Imports neither torch nor numpy, so that they can be listed quickly."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.options import option


@dataclass(frozen=True)
class WandbOptions:
    """Options of the observer `wandb`."""

    project: str = option("zoo", "project that the run belongs to")
    entity: str = option("", "user or team; empty: the one that is logged in")
    mode: str = option("offline", "offline keeps it in the run folder, for wandb sync", choices=("online", "offline"))
