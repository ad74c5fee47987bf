"""What some networks cannot do, and what to type instead."""

from __future__ import annotations

from torch import Tensor, nn

from zoo_core.errors import ZooError


def images_alone(name: str, vector: int) -> None:
    """Raises ZooError if the critic of this name is asked for as one of codes, vectors of length `vector` > 0."""
    if vector:
        raise ZooError(f"critic {name} sees images, not codes; type --critic conv")


def several(net: nn.Module, x: Tensor, name: str) -> None:
    """Raises ZooError for a batch of one in training: batch norm of vectors would turn each into its offset."""
    if net.training and len(x) < 2:
        raise ZooError(f"{name} trains on batches of 2 and more; type --set train.batch=2")
