"""How numerical libraries wait for their threads. Imports none of them: they read this when they are loaded."""

from __future__ import annotations

import os


def calm_threads() -> None:
    """Threads that spin while they wait lose a multiple on a busy machine.

    torch's can sleep instead. numpy's cannot, and its products here are small: they get one. What the user has set stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
