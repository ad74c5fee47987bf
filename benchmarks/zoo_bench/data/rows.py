"""Rows of pixels in a .npy file: written one after the other, mapped when read, so that neither needs them all in memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from zoo_core.files import write_atomically

MAGIC = np.lib.format.magic(1, 0)
HEADER = 128  # bytes: room for every number of rows


def write_rows(path: Path, shape: tuple[int, int, int], rows: Iterable[NDArray[np.uint8]]) -> int:
    """Write images (H, W, C) of one `shape` as a .npy file (N, H, W, C), whole or not at all; the number of them is returned.

    The file is numpy's own format, version 1.0. What `rows` raises passes through. Raises RunFailure if the disk refuses.
    """
    count = 0

    def write(temporary: Path) -> None:
        nonlocal count
        with open(temporary, "wb") as file:
            file.write(_header(0, shape))
            for row in rows:
                file.write(np.ascontiguousarray(row, np.uint8).data)
                count += 1
            file.seek(0)
            file.write(_header(count, shape))

    write_atomically(path, write)
    return count


def read_rows(path: Path, mapped: bool) -> NDArray[np.uint8]:
    """The array of a .npy file, mapped or in memory. Raises OSError or ValueError for a file that is not whole."""
    array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    if array.ndim != 4 or array.dtype != np.uint8:
        raise ValueError(f"{path.name} holds {array.dtype} {array.shape}")
    return cast("NDArray[np.uint8]", array)


def _header(count: int, shape: tuple[int, int, int]) -> bytes:
    said = repr({"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}).encode("latin1")
    return MAGIC + (HEADER - len(MAGIC) - 2).to_bytes(2, "little") + said.ljust(HEADER - len(MAGIC) - 3) + b"\n"
