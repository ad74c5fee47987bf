"""Where networks run."""

from __future__ import annotations

from zoo_core.errors import ZooError

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(wanted: str) -> str:
    """The device that a --device value means here; auto is the fastest there is. Raises ZooError if it is not there."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, present in there.items() if present)
    if not there[wanted]:
        raise ZooError(f"--device {wanted} is not available on this machine; type --device cpu")
    return wanted
