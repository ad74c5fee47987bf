"""Arrays that took long to make, kept on disk. Losing the cache costs time and nothing else."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.generic]]

KEPT = 4 * 2**30  # bytes; the entries used longest ago are dropped beyond it


def cache_folder() -> Path:
    """The folder that ZOO_CACHE names, or ~/.cache/zoo."""
    return Path(os.path.expanduser(os.environ.get("ZOO_CACHE") or "~/.cache/zoo"))


def cached(key: str, make: Callable[[], Arrays]) -> Arrays:
    """What `make` returns, read from the cache if it was made before under the same `key`.

    `key` is any text that names everything the arrays depend on. Files are .npz without pickles, written to a temporary name
    and renamed. A damaged, unreadable or unwritable cache is ignored; what `make` raises passes through.
    """
    folder = cache_folder() / "arrays"
    file = folder / f"{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:40]}.npz"
    with suppress(Exception):  # damaged archives raise many kinds
        with np.load(file, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        os.utime(file)
        return arrays
    arrays = make()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _write(file, arrays)
        _prune(folder)
    return arrays


def _write(file: Path, arrays: Arrays) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _prune(folder: Path) -> None:
    entries = sorted(((file.stat().st_mtime_ns, file.stat().st_size, file) for file in folder.iterdir()), reverse=True)
    total = 0
    for index, (_, size, file) in enumerate(entries):
        total += size
        if total > KEPT and index > 0:
            file.unlink(missing_ok=True)
