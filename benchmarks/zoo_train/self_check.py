"""What tells a faster way to take a step from a wrong one."""

from __future__ import annotations

from torch import Tensor

from zoo_core.registry.names import one_line

EXACT, ROUGH = 1e-3, 5e-2  # largest relative error of a phase's gradient or step, in float32 and in bfloat16


def change(found: Tensor, truth: Tensor, bf16: bool, noise: float = 0.0) -> str:
    """ "changes by ...%" where two vectors differ by more than a phase tolerates, else "". Also "" where `truth` is nan.

    noise  relative error that the plain way has against itself.
    """
    error = relative_error(found, truth)
    return f"changes by {error:.1%}" if error > (ROUGH if bf16 else EXACT) + noise else ""


def relative_error(found: Tensor, truth: Tensor) -> float:
    """|found - truth| / |truth|."""
    return float((found - truth).norm() / truth.norm().clamp_min(1e-30))


def cause(error: Exception) -> str:
    """What a library raised, in less than a line."""
    return one_line(str(error), 120) or type(error).__name__
