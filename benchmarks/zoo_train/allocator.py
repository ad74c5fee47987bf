"""Memory that glibc returns to the kernel after every layer is faulted in again in the next: tell it to keep its heap."""

from __future__ import annotations

import ctypes
import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3  # parameters of mallopt(3)


def keep_heap() -> bool:
    """Make freed memory stay with the process; worth a tenth of a training step on a CPU. Returns whether it was done.

    Only glibc on Linux has the call; elsewhere, and where another allocator is preloaded, nothing happens. The process
    then stays at its highest memory use, which is what training needs in every step anyway.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((MMAP_THRESHOLD, 1 << 30), (TRIM_THRESHOLD, 2**31 - 1), (TOP_PAD, 256 << 20))
    done = [mallopt(parameter, value) == 1 for parameter, value in settings]
    return all(done)
