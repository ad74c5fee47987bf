"""Arrays that are mapped from a file, so that a set may be larger than memory. Imports neither torch nor numpy."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 8 * 2**20  # bytes that `chunks` has in memory at once


def mapping(array: NDArray[Any]) -> mmap.mmap | None:
    """The mapping that an array looks into; None for one that lies in memory."""
    owner: Any = array
    while owner is not None and not isinstance(owner, mmap.mmap):
        owner = owner.obj if isinstance(owner, memoryview) else getattr(owner, "base", None)
    return owner


def release(array: NDArray[Any]) -> None:
    """Give back the memory that was filled by reading a mapped array; it is filled again where it is read again.

    The system would do so by itself, but only once it is short of memory, and until then counts it as this process's.
    """
    found = mapping(array)
    if found is not None and hasattr(mmap, "MADV_DONTNEED"):
        found.madvise(mmap.MADV_DONTNEED)


def chunks(array: NDArray[Any]) -> Iterator[NDArray[np.generic]]:
    """The array in pieces of consecutive rows, contiguous in memory and each to be used before the next is asked for."""
    import numpy as np

    if not len(array):
        return
    step = max(1, CHUNK // max(1, array[0].nbytes))
    for start in range(0, len(array), step):
        yield np.ascontiguousarray(array[start : start + step])
        release(array)
