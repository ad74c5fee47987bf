"""Arrays that took long to make, kept on disk. Losing the cache costs time and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_bench.data.rows import read_rows, write_rows
from zoo_core.errors import RunFailure, ZooError
from zoo_core.files import write_json

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
    file = folder / f"{_name(key)}.npz"
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


def cached_rows(
    key: str, shape: tuple[int, int, int], make: Callable[[], tuple[Iterator[NDArray[np.uint8]], Callable[[], Arrays]]]
) -> Arrays:
    """As `cached`, for a set that may not fit into memory: "pixels" (N, *shape) is written row by row and mapped from its file.

    `make` returns the rows and, to be called once they are exhausted, the other arrays. Raises ZooError if the cache cannot be
    written: there is then no other place for the pixels.
    """
    folder = cache_folder() / "arrays"
    name = _name(f"rows/{key}")  # not that of `cached`: the same set may be asked for both ways
    rows_file, others_file = folder / f"{name}.npy", folder / f"{name}.npz"
    with suppress(Exception):
        with np.load(others_file, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        arrays["pixels"] = read_rows(rows_file, mapped=True)
        os.utime(others_file)
        os.utime(rows_file)
        return arrays
    rows, others = make()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_rows(rows_file, shape, rows)
        arrays = others()
        _write(others_file, arrays)
        pixels = read_rows(rows_file, mapped=True)
    except (OSError, RunFailure) as error:
        raise ZooError(
            f"the images are too many for memory and do not fit into {folder} ({error}); name another ZOO_CACHE"
        ) from error
    with suppress(OSError):
        _prune(folder)
    return {**arrays, "pixels": pixels}


def remember(key: str, value: Any) -> None:
    """Keep a value of JSON under `key`, if the disk allows."""
    file = _note(key)
    with suppress(OSError, RunFailure):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, value)


def remembered(key: str) -> Any:
    """What `remember` was last given under `key`; None for nothing."""
    with suppress(OSError, ValueError, RecursionError):
        return json.loads(_note(key).read_bytes())
    return None


def unpacked(key: str, unpack: Callable[[Path], None]) -> Path:
    """A folder in the cache that `unpack` has filled, now or earlier under the same `key`. It is whole or absent.

    What `unpack` raises passes through, but OSError: that is RunFailure. Losing the folder costs time and nothing else.
    """
    folder = cache_folder() / "unpacked" / _name(key)
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".", suffix=".tmp") as temporary:
            made = Path(temporary) / folder.name
            made.mkdir()
            unpack(made)
            with suppress(OSError):  # another process may have come first
                made.rename(folder)
        if folder.is_dir():
            return folder
        raise OSError(0, "it is gone")
    except OSError as error:
        raise RunFailure(f"cannot write {folder}: {error.strerror or error}") from error


def _note(key: str) -> Path:
    return cache_folder() / "notes" / f"{_name(key)}.json"


def _name(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:40]


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
    """Drop what was used longest ago; an entry's files go together."""
    entries: dict[str, list[Path]] = {}
    for file in folder.iterdir():
        entries.setdefault(file.stem, []).append(file)
    states = {stem: [file.stat() for file in files] for stem, files in entries.items()}
    total = 0
    for index, stem in enumerate(
        sorted(entries, key=lambda stem: max(state.st_mtime_ns for state in states[stem]), reverse=True)
    ):
        total += sum(state.st_size for state in states[stem])
        if total > KEPT and index > 0:
            for file in entries[stem]:
                file.unlink(missing_ok=True)
